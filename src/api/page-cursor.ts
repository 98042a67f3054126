import { decodeUtf8 } from '../json/utf8-text.ts';
import type { QueryParameter } from './query.ts';

/** Longer than the cursor of any name. */
const maxCursorCharacters = 1_400;

/** A cursor is the last name of the page before it, in base64url so that nobody takes it for part of the contract. */
export function encodeCursor(name: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(name));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export const pageCursor: QueryParameter<string | null> = {
  parse: (given) => (/^[\w-]+$/.test(given) && given.length <= maxCursorCharacters ? decodeCursor(given) : undefined),
  allowed: 'the next_cursor of the page before',
  absent: null,
};

function decodeCursor(given: string): string | undefined {
  try {
    const binary = atob(given.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return decodeUtf8(bytes) ?? undefined;
  } catch {
    return undefined;
  }
}

import { encodeBase64 } from '../../../src/client/base64.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How bytes are shown. `auto` takes JSON or text where they are, and hex elsewhere. */
export const renderings = ['auto', 'json', 'text', 'hex', 'base64'] as const;
export type Rendering = (typeof renderings)[number];

/** Bytes as a person reads them. `null` and `empty` are told apart: a tombstone is no empty value. */
export type Decoded =
  | { readonly kind: 'null' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'json' | 'text' | 'hex' | 'base64'; readonly text: string };

/** Decodes as asked, or as it fits: what is no JSON is shown as text, and what is no text as hex. JSON is never parsed and printed again, so every digit stays as it was sent. */
export function decode(bytes: Uint8Array | null, rendering: Rendering = 'auto'): Decoded {
  if (bytes === null) return { kind: 'null' };
  if (bytes.length === 0) return { kind: 'empty' };
  if (rendering === 'hex') return { kind: 'hex', text: hexOf(bytes) };
  if (rendering === 'base64') return { kind: 'base64', text: encodeBase64(bytes) };
  const text = textOf(bytes);
  if (text === null) return { kind: 'hex', text: hexOf(bytes) };
  const isAsJson = rendering === 'json' || (rendering === 'auto' && /^\s*[{[]/.test(text));
  return { kind: isAsJson && isJson(text) ? 'json' : 'text', text };
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

/** By itself only objects and arrays are taken for JSON: a bare number or word is text that happens to be JSON. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** What a JSON text is made of, without the white space between; strings are whole, and so may have any of it. */
const jsonTokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * JSON with line breaks and two spaces a level. It moves white space between tokens and touches nothing else: numbers
 * keep their digits, keys their order, strings their escapes.
 */
export function indentJson(text: string): string {
  const parts: string[] = [];
  let level = 0;
  let previous = '';
  for (const token of text.match(jsonTokens) ?? []) {
    const isOpening = token === '{' || token === '[';
    const isClosing = token === '}' || token === ']';
    if (isClosing) level -= 1;
    const isEmpty = isClosing && (previous === '{' || previous === '[');
    const isOnNewLine =
      previous === ',' || ((previous === '{' || previous === '[') && !isEmpty) || (isClosing && !isEmpty);
    if (isOnNewLine) parts.push(`\n${'  '.repeat(level)}`);
    parts.push(token === ':' ? ': ' : token);
    if (isOpening) level += 1;
    previous = token;
  }
  return parts.join('');
}

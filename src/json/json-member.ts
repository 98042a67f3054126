import type { JsonScanner } from './json-scanner.ts';
import { jsonStringText } from './json-string.ts';
import { decodeUtf8Lossily } from './utf8-text.ts';

/** Whether the member that `nextMember` came to has this name (UTF-8); an escaped spelling of it counts too. */
export function isNamed(scanner: JsonScanner, name: Uint8Array): boolean {
  const { bytes, nameStart, nameEnd } = scanner;
  if (!scanner.nameHasEscape) return equalBytes(bytes, nameStart + 1, nameEnd - 1, name);
  const text = jsonStringText(bytes, { start: nameStart, end: nameEnd }, true);
  return text !== null && equalBytes(text, 0, text.length, name);
}

/** The name of the member that `nextMember` came to, as it stands in the body with its quotes, cut short for messages. */
export function quotedName(scanner: JsonScanner): string {
  const source = decodeUtf8Lossily(scanner.bytes.subarray(scanner.nameStart, scanner.nameEnd));
  return source.length <= longestQuotedName ? source : `${source.slice(0, longestQuotedName)}..."`;
}

/** Messages stay readable however long a name a caller makes up. */
const longestQuotedName = 64;

function equalBytes(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start !== expected.length) return false;
  for (let index = 0; index < expected.length; index++) {
    if (bytes[start + index] !== expected[index]) return false;
  }
  return true;
}

import { Buffer } from 'node:buffer';
import { decodeUtf8 } from './utf8-text.ts';

/**
 * A byte string holds a byte a character, U+0000 to U+00FF: text under construction that is cut, joined and escaped as a
 * string and becomes bytes by one copy, where UTF-8 beyond ASCII would have to be decoded and encoded again.
 */
export function bytesOfByteString(byteString: string): Uint8Array {
  return Buffer.from(byteString, 'latin1');
}

/** The byte string of a text's UTF-8. */
export function byteStringOfText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The text of a byte string that holds UTF-8, or null when it does not. */
export function textOfByteString(byteString: string): string | null {
  return decodeUtf8(bytesOfByteString(byteString));
}

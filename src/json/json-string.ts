import type { JsonSpan } from './json-scanner.ts';
import { decodeUtf8, encodeUtf8 } from './utf8-text.ts';

/**
 * The UTF-8 text of a JSON string that the scanner accepted; `span` includes its quotes. A string without escapes is
 * a view into `bytes`. Null when an escape names half of a surrogate pair: JSON can write it, UTF-8 cannot.
 */
export function jsonStringText(bytes: Uint8Array, span: JsonSpan, hasEscape: boolean): Uint8Array | null {
  if (!hasEscape) return bytes.subarray(span.start + 1, span.end - 1);
  const source = decodeUtf8(bytes.subarray(span.start, span.end));
  if (source === null) return null;
  const text: unknown = JSON.parse(source);
  return typeof text === 'string' ? encodeUtf8(text) : null;
}

/**
 * What a JSON value is stored as when it is a record's key: a string as its UTF-8 text, so that it hashes as every
 * Kafka client hashes it; any other value as its source text. Null for a string that UTF-8 cannot say.
 */
export function jsonKeyBytes(bytes: Uint8Array, span: JsonSpan, hasEscape: boolean): Uint8Array | null {
  return bytes[span.start] === quote ? jsonStringText(bytes, span, hasEscape) : bytes.subarray(span.start, span.end);
}

/** Whether a scanned value is the literal null: no other value begins with n. */
export function isNullLiteral(bytes: Uint8Array, span: JsonSpan): boolean {
  return bytes[span.start] === 0x6e;
}

const quote = 0x22;

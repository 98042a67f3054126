import { type Failed, failed } from '../errors/result.ts';

const fatalDecoder = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const decoder = fatalDecoder();
const lossyDecoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
const encoder = new TextEncoder();

/** Decodes UTF-8 exactly: a byte order mark stays, and text that is not UTF-8 is null. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** Decodes UTF-8 with U+FFFD in place of what is not. */
export function decodeUtf8Lossily(bytes: Uint8Array): string {
  return lossyDecoder.decode(bytes);
}

/** The UTF-8 bytes of `text`, or null when it has a lone surrogate, which UTF-8 cannot say. */
export function encodeUtf8(text: string): Uint8Array | null {
  return text.isWellFormed() ? encoder.encode(text) : null;
}

/** MALFORMED_UTF8 for bytes that {@link decodeUtf8} refused; `detail.byte` is the 0-based index of the first bad one. */
export function malformedUtf8(bytes: Uint8Array, what: string): Failed {
  const at = firstInvalidByte(bytes);
  const { line, column } = lineAndColumn(bytes, at);
  const where = at < bytes.length ? `byte ${at}` : 'its end, in the middle of a character';
  return failed(
    'MALFORMED_UTF8',
    `${what} is not UTF-8: it goes wrong at ${where} (line ${line}, column ${column}). Send UTF-8, and bytes that are not text as base64.`,
    { byte: at, line, column },
  );
}

/**
 * Where in `bytes` an index is, for a person: lines end with \n, columns count characters (not bytes), both from 1.
 */
export function lineAndColumn(bytes: Uint8Array, index: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = bytes.indexOf(newline); at !== -1 && at < index; at = bytes.indexOf(newline, lineStart)) {
    line += 1;
    lineStart = at + 1;
  }
  let column = 1;
  for (let at = lineStart; at < index; at++) {
    if (!isContinuation(bytes[at]!)) column += 1;
  }
  return { line, column };
}

const newline = 0x0a;

const isContinuation = (byte: number) => (byte & 0xc0) === 0x80;

/**
 * Bisects over prefixes: a streaming decoder refuses a prefix exactly when the bad byte is inside it. A text that
 * only stops too early has no bad byte, and the answer is its length.
 */
function firstInvalidByte(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >>> 1;
    if (isUtf8Prefix(bytes.subarray(0, middle))) valid = middle;
    else invalid = middle;
  }
  return invalid - 1;
}

function isUtf8Prefix(bytes: Uint8Array): boolean {
  try {
    fatalDecoder().decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

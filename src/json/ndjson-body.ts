import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { findPointedValue, type JsonPointer, type PointedValue, parseJsonPointer } from './json-pointer.ts';
import { JsonScanner } from './json-scanner.ts';
import { isNullLiteral, jsonKeyBytes } from './json-string.ts';
import { noHeaders, type ProduceBounds, type ProduceRecord } from './produce-record.ts';
import { decodeUtf8, lineAndColumn, malformedUtf8 } from './utf8-text.ts';

export type NdjsonOptions = ProduceBounds & {
  /** RFC 6901 pointer to the part of each value that becomes the record's key, or null for records without keys. */
  readonly keyPointer: string | null;
};

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Reads a newline-delimited JSON body: every line is one JSON value and becomes one record's value byte for byte, white
 * space included; only the line's end, `\n` or `\r\n`, is not part of it. The last line may lack its end. A line
 * `null` is the JSON value null (four bytes), not a tombstone.
 *
 * With a `keyPointer`, a JSON string found there is the key as UTF-8 text, any other value as its source text; a line
 * where nothing or `null` is found has no key.
 *
 * One bad line refuses all. Failures: MALFORMED_UTF8; MALFORMED_JSON with `line` and `column`; INVALID_REQUEST for a
 * bad pointer, a body without records, or a key that UTF-8 cannot say; RECORD_LIST_TOO_LARGE.
 */
export function parseNdjsonBody(body: Uint8Array, options: NdjsonOptions): Result<ProduceRecord[]> {
  const pointer = options.keyPointer === null ? ok(null) : parseJsonPointer(options.keyPointer);
  if (!pointer.ok) return pointer;
  if (decodeUtf8(body) === null) return malformedUtf8(body, 'the body');
  if (body.length === 0) {
    return failed('INVALID_REQUEST', 'the body has no records: send one JSON value a line.');
  }
  const records: ProduceRecord[] = [];
  const scanner = new JsonScanner(body, 0, body.length, 'line');
  for (let start = 0; start < body.length; ) {
    if (records.length === options.maxRecords) return tooManyLines(options.maxRecords);
    const nextNewline = body.indexOf(newline, start);
    const lineEnd = nextNewline === -1 ? body.length : nextNewline;
    const end = lineEnd > start && body[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
    const record = readLine(scanner, start, end, pointer.value);
    if (!record.ok) return record;
    records.push(record.value);
    start = lineEnd + 1;
  }
  return ok(records);
}

function readLine(
  scanner: JsonScanner,
  start: number,
  end: number,
  pointer: JsonPointer | null,
): Result<ProduceRecord> {
  scanner.reset(start, end);
  const found = pointer === null ? null : findPointedValue(scanner, pointer);
  if (pointer === null) scanner.skipValue();
  if (!scanner.finish()) return start === end ? emptyLine(scanner.bytes, start) : scanner.failure();
  const { bytes } = scanner;
  const value = bytes.subarray(start, end);
  if (found === null || isNullLiteral(bytes, found)) return ok(recordOf(null, value));
  const key = jsonKeyBytes(bytes, found, found.hasEscape);
  return key === null ? keyWithoutText(bytes, found) : ok(recordOf(key, value));
}

const recordOf = (key: Uint8Array | null, value: Uint8Array): ProduceRecord => ({
  key,
  value,
  headers: noHeaders,
  partition: null,
  timestampMs: null,
});

function emptyLine(bytes: Uint8Array, start: number): Failed {
  const { line, column } = lineAndColumn(bytes, start);
  return failed(
    'MALFORMED_JSON',
    `line ${line} is empty: send one JSON value a line and nothing after the last line's end.`,
    {
      line,
      column,
    },
  );
}

function keyWithoutText(bytes: Uint8Array, found: PointedValue): Failed {
  const { line, column } = lineAndColumn(bytes, found.start);
  return failed(
    'INVALID_REQUEST',
    `the key at line ${line}, column ${column} has half of a surrogate pair (\\ud800 to \\udfff alone), which UTF-8 text cannot say.`,
    { line, column },
  );
}

const tooManyLines = (maxRecords: number): Failed =>
  failed('RECORD_LIST_TOO_LARGE', `the body has more than ${maxRecords} records: split it into several requests.`, {
    max_records: maxRecords,
  });

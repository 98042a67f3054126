import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { isNamed, quotedName } from './json-member.ts';
import { JsonScanner, type JsonSpan } from './json-scanner.ts';
import type { ProduceBounds, ProduceRecord } from './produce-record.ts';
import { readProduceRecords } from './produce-record-reader.ts';
import { decodeUtf8, malformedUtf8 } from './utf8-text.ts';

const recordsName = new TextEncoder().encode('records');
const bodyShape = 'send {"records":[{"value": ...}, ...]}.';

/**
 * Reads the JSON body of a produce request:
 *
 *     {"records": [{"key"?, "key_base64"?, "value"?, "value_text"?, "value_base64"?,
 *                   "headers"?: [{"name", "value"?, "value_base64"?}], "partition"?, "timestamp"?}, ...]}
 *
 * `value` is any JSON value and is stored as its source text, byte for byte; `value_text` is stored as UTF-8. `key` is
 * stored as UTF-8 text when it is a string, else as its source text. null stands for absent everywhere.
 *
 * Everything is checked before anything is returned. Failures: MALFORMED_UTF8; MALFORMED_JSON with `line` and
 * `column`; RECORD_LIST_TOO_LARGE; INVALID_REQUEST, with `record` when it is about one record. Fields that are not
 * known or come twice are refused, so that a misspelt name cannot lose data.
 */
export function parseProduceBody(body: Uint8Array, bounds: ProduceBounds): Result<ProduceRecord[]> {
  if (decodeUtf8(body) === null) return malformedUtf8(body, 'the body');
  const scanner = new JsonScanner(body);
  if (scanner.peek() !== 0x7b) {
    return scanner.skipValue() && scanner.finish()
      ? invalidBody(`the body must be an object: ${bodyShape}`)
      : scanner.failure();
  }
  let records: ProduceRecord[] | null = null;
  scanner.enterObject();
  for (let isFirst = true; scanner.nextMember(isFirst); isFirst = false) {
    if (!isNamed(scanner, recordsName)) {
      return invalidBody(`the body has the unknown field ${quotedName(scanner)}: ${bodyShape}`);
    }
    if (records !== null) return invalidBody(`the body has the field "records" twice: ${bodyShape}`);
    const read = readProduceRecords(scanner, bounds);
    if (!read.ok) return read;
    records = read.value;
  }
  if (!scanner.finish()) return scanner.failure();
  return records === null ? invalidBody(`the body has no field "records": ${bodyShape}`) : ok(records);
}

/**
 * Reads an array of records that stands inside a larger text, such as the `records` member of a WebSocket frame, as
 * {@link scanMembers} found it. Lines and columns in failures are those of the whole text.
 */
export function parseProduceRecords(text: Uint8Array, span: JsonSpan, bounds: ProduceBounds): Result<ProduceRecord[]> {
  const scanner = new JsonScanner(text, span.start, span.end);
  const records = readProduceRecords(scanner, bounds);
  return records.ok && !scanner.finish() ? scanner.failure() : records;
}

const invalidBody = (message: string): Failed => failed('INVALID_REQUEST', message);

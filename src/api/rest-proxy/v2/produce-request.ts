import { type Failed, failed, ok, type Result } from '../../../errors/result.ts';
import { decodeBase64 } from '../../../json/base64-decoder.ts';
import { scanMembers } from '../../../json/json-object.ts';
import { JsonScanner, type JsonSpan } from '../../../json/json-scanner.ts';
import { noHeaders, type ProduceRecord } from '../../../json/produce-record.ts';
import { decodeUtf8Lossily } from '../../../json/utf8-text.ts';
import { limits } from '../../../limits.ts';
import { spanOf, stringAt } from '../json-fields.ts';
import type { EmbeddedFormat } from '../media-types.ts';
import { refused } from '../refusal.ts';

type Members = ReadonlyMap<string, JsonSpan>;

const bodyFields = ['key_schema', 'key_schema_id', 'value_schema', 'value_schema_id', 'records'];
const recordFields = ['key', 'value', 'partition'];

/** Kafka's partition index is an int32. */
const highestPartition = 2 ** 31 - 1;

const maxRecords = limits.recordsPerRequest.value;

/**
 * Reads the records of a produce request of v2. In the binary format keys and values are base64; in the json format
 * they are stored as their source text, strings with their quotes, as the REST Proxy stores them. The formats with
 * schemas are refused as the REST Proxy refuses them where it has no registry.
 */
export function readProduceRequest(body: Uint8Array, format: EmbeddedFormat): Result<readonly ProduceRecord[]> {
  const scanned = scanMembers(body);
  if (!scanned.ok) return scanned;
  const members = scanned.value;
  const unknown = [...members.keys()].find((name) => !bodyFields.includes(name));
  if (unknown !== undefined) return invalid(`Unrecognized field ${JSON.stringify(unknown.slice(0, 64))}`);
  const span = spanOf(body, members, 'records');
  if (span === null) return invalid('records may not be empty');
  const records = readRecords(body, span, format);
  if (!records.ok) return records;
  if (format !== 'binary' && format !== 'json') return refuseSchemas(body, members, format, records.value);
  return records;
}

function readRecords(body: Uint8Array, span: JsonSpan, format: EmbeddedFormat): Result<readonly ProduceRecord[]> {
  const scanner = new JsonScanner(body, span.start, span.end);
  if (!scanner.enterArray()) return invalid('records must be an array');
  const records: ProduceRecord[] = [];
  for (let isFirst = true; scanner.nextElement(isFirst); isFirst = false) {
    if (records.length === maxRecords) {
      return failed('RECORD_LIST_TOO_LARGE', `records has more than ${maxRecords} records: split the request.`);
    }
    const start = scanner.position;
    if (!scanner.skipValue()) return scanner.failure();
    const record = readRecord(body.subarray(start, scanner.position), records.length, format);
    if (!record.ok) return record;
    records.push(record.value);
  }
  return records.length === 0 ? invalid('records may not be empty') : ok(records);
}

function readRecord(text: Uint8Array, index: number, format: EmbeddedFormat): Result<ProduceRecord> {
  const members = scanMembers(text);
  if (!members.ok) return invalid(`records[${index}] must be an object with a key, a value and a partition`);
  const unknown = [...members.value.keys()].find((name) => !recordFields.includes(name));
  if (unknown !== undefined) {
    return invalid(`Unrecognized field ${JSON.stringify(unknown.slice(0, 64))} in records[${index}]`);
  }
  const key = readEmbedded(text, members.value, 'key', index, format);
  if (!key.ok) return key;
  const value = readEmbedded(text, members.value, 'value', index, format);
  if (!value.ok) return value;
  const partition = readPartition(text, members.value, index);
  if (!partition.ok) return partition;
  return ok({ key: key.value, value: value.value, headers: noHeaders, partition: partition.value, timestampMs: null });
}

function readEmbedded(
  text: Uint8Array,
  members: Members,
  name: 'key' | 'value',
  index: number,
  format: EmbeddedFormat,
): Result<Uint8Array | null> {
  const span = spanOf(text, members, name);
  if (span === null) return ok(null);
  if (format !== 'binary') return ok(text.subarray(span.start, span.end));
  const source = stringAt(text, span);
  const bytes = source === null ? null : decodeBase64(source);
  if (bytes !== null) return ok(bytes);
  return refused(
    42_206,
    'INVALID_REQUEST',
    `Payload error. records[${index}].${name} must be a string of standard base64 (RFC 4648), or null.`,
  );
}

function readPartition(text: Uint8Array, members: Members, index: number): Result<number | null> {
  const span = spanOf(text, members, 'partition');
  if (span === null) return ok(null);
  const source = decodeUtf8Lossily(text.subarray(span.start, span.end));
  const partition = /^\d{1,10}$/.test(source) ? Number(source) : Number.NaN;
  if (partition <= highestPartition) return ok(partition);
  return invalid(`records[${index}].partition must be a whole number from 0 on, or null`);
}

/** In the order the REST Proxy looks: which schema is missing, whether it could be one, and that nobody keeps it. */
function refuseSchemas(
  body: Uint8Array,
  members: Members,
  format: EmbeddedFormat,
  records: readonly ProduceRecord[],
): Failed {
  for (const [part, code] of [
    ['key', 42_201],
    ['value', 42_202],
  ] as const) {
    const isUsed = records.some((record) => record[part] !== null);
    const schema = spanOf(body, members, `${part}_schema`);
    if (isUsed && schema === null && spanOf(body, members, `${part}_schema_id`) === null) {
      return refused(code, 'INVALID_REQUEST', `Request includes ${part}s but does not include ${part} schema.`);
    }
    if (schema !== null && format !== 'protobuf' && !isJsonText(stringAt(body, schema))) {
      return refused(
        42_205,
        'INVALID_REQUEST',
        `Invalid schema: ${part}_schema must be a schema of the ${format} format, as a string.`,
      );
    }
  }
  return refused(
    42_206,
    'INVALID_REQUEST',
    `Payload error. Schema Registry must be configured when using schemas; send the binary or the json format.`,
  );
}

function isJsonText(text: Uint8Array | null): boolean {
  if (text === null) return false;
  const scanner = new JsonScanner(text);
  return scanner.skipValue() && scanner.finish();
}

/** What the REST Proxy calls a validation error. */
const invalid = (problem: string): Failed => failed('INVALID_REQUEST', `${problem}.`);

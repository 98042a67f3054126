import { type Failed, failed, ok, type Result } from '../../../errors/result.ts';
import { decodeBase64 } from '../../../json/base64-decoder.ts';
import { scanMembers } from '../../../json/json-object.ts';
import type { JsonSpan } from '../../../json/json-scanner.ts';
import { noHeaders, type ProduceRecord } from '../../../json/produce-record.ts';
import { decodeUtf8Lossily } from '../../../json/utf8-text.ts';
import { limits } from '../../../limits.ts';
import type { RecordHeader } from '../../../log/record-body.ts';
import { spanOf, stringAt } from '../json-fields.ts';
import { refused } from '../refusal.ts';
import { parseRfc3339 } from '../rfc3339.ts';
import { badPayload, type RecordData, readRecordData } from './record-data.ts';

/** A record as v3 takes it, ready to be produced, and what its answer tells of key and value. */
export type RecordRequest = {
  readonly record: ProduceRecord;
  readonly key: RecordData | null;
  readonly value: RecordData | null;
};

const recordFields = ['partition_id', 'headers', 'key', 'value', 'timestamp'];

const maxHeaders = limits.recordHeaders.value;

/** Kafka's partition index is an int32. */
const highestPartition = 2 ** 31 - 1;

type Members = ReadonlyMap<string, JsonSpan>;

/**
 * Reads one record:
 *
 *     {"partition_id"?, "headers"?: [{"name", "value"?: base64}], "key"?, "value"?, "timestamp"?: RFC 3339}
 *
 * `ignored` names members that are not the record's. Failures: MALFORMED_JSON, MALFORMED_UTF8, and refusals with the
 * REST Proxy's codes 400 and 42206.
 */
export function readRecordRequest(text: Uint8Array, ignored?: string): Result<RecordRequest> {
  const scanned = scanMembers(text);
  if (!scanned.ok) return scanned;
  const members = scanned.value;
  for (const name of members.keys()) {
    if (!recordFields.includes(name) && name !== ignored) {
      return badRequest(
        `there is no field ${JSON.stringify(name.slice(0, 64))}; a record has ${recordFields.join(', ')}`,
      );
    }
  }
  const key = readData(text, members, 'key');
  if (!key.ok) return key;
  const value = readData(text, members, 'value');
  if (!value.ok) return value;
  const partition = readPartition(text, members);
  if (!partition.ok) return partition;
  const timestampMs = readTimestamp(text, members);
  if (!timestampMs.ok) return timestampMs;
  const headers = readHeaders(text, members);
  if (!headers.ok) return headers;
  return ok({
    record: {
      key: key.value?.bytes ?? null,
      value: value.value?.bytes ?? null,
      headers: headers.value,
      partition: partition.value,
      timestampMs: timestampMs.value,
    },
    key: key.value,
    value: value.value,
  });
}

/** What is wrong with the request itself, whatever the platform could do with it. */
export const badRequest = (problem: string): Failed => refused(400, 'INVALID_REQUEST', `Bad request: ${problem}.`);

function readData(text: Uint8Array, members: Members, field: 'key' | 'value'): Result<RecordData | null> {
  const span = members.get(field);
  return span === undefined ? ok(null) : readRecordData(text, span, field);
}

function readPartition(text: Uint8Array, members: Members): Result<number | null> {
  const span = spanOf(text, members, 'partition_id');
  if (span === null) return ok(null);
  const source = decodeUtf8Lossily(text.subarray(span.start, span.end));
  const partition = /^\d{1,10}$/.test(source) ? Number(source) : Number.NaN;
  return partition <= highestPartition ? ok(partition) : badRequest('partition_id must be a whole number from 0 on');
}

function readTimestamp(text: Uint8Array, members: Members): Result<number | null> {
  const span = spanOf(text, members, 'timestamp');
  if (span === null) return ok(null);
  const source = stringAt(text, span);
  const timestampMs = source === null ? null : parseRfc3339(decodeUtf8Lossily(source));
  if (timestampMs !== null && timestampMs >= 0) return ok(timestampMs);
  return badRequest('timestamp must be an RFC 3339 date-time from 1970 on, such as 2026-01-31T12:00:00Z');
}

function readHeaders(text: Uint8Array, members: Members): Result<readonly RecordHeader[]> {
  const span = spanOf(text, members, 'headers');
  if (span === null) return ok(noHeaders);
  // Their values are base64 and their names are text, so nothing is lost by decoding them.
  const given: unknown = JSON.parse(decodeUtf8Lossily(text.subarray(span.start, span.end)));
  if (!Array.isArray(given)) return badRequest('headers must be an array');
  if (given.length > maxHeaders) {
    return failed('INVALID_RECORD', `headers has ${given.length} headers, ${maxHeaders} are the most.`);
  }
  const headers: RecordHeader[] = [];
  for (const [index, header] of given.entries()) {
    const read = readHeader(header);
    if (read === null) return badPayload(`headers[${index}] must have a name and a value in base64, or null`);
    headers.push(read);
  }
  return ok(headers);
}

function readHeader(header: unknown): RecordHeader | null {
  if (typeof header !== 'object' || header === null) return null;
  const { name, value = null, ...more } = header as Record<string, unknown>;
  if (typeof name !== 'string' || !name.isWellFormed() || Object.keys(more).length > 0) return null;
  if (value === null) return { name, value };
  const bytes = typeof value === 'string' ? decodeBase64(new TextEncoder().encode(value)) : null;
  return bytes === null ? null : { name, value: bytes };
}

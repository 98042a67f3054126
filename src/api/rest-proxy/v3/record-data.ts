import { type Failed, ok, type Result } from '../../../errors/result.ts';
import { decodeBase64 } from '../../../json/base64-decoder.ts';
import { scanMembers } from '../../../json/json-object.ts';
import type { JsonSpan } from '../../../json/json-scanner.ts';
import { isNullLiteral } from '../../../json/json-string.ts';
import { spanOf, stringAt } from '../json-fields.ts';
import { refused } from '../refusal.ts';

export type RecordDataType = 'BINARY' | 'JSON' | 'STRING';

/** A key or value as it is stored; null bytes are a null key or a tombstone. */
export type RecordData = { readonly type: RecordDataType; readonly bytes: Uint8Array | null };

const fields = ['type', 'data', 'subject', 'subject_name_strategy', 'schema_id', 'schema_version', 'schema'];

/** Fields that only have a meaning with a registry of schemas. */
const schemaFields = fields.slice(2);

/**
 * Reads `{"type", "data"}` as it stands at `span`; null for null. BINARY is base64, STRING is stored as UTF-8, JSON as
 * its source text, byte for byte. Data with a schema is refused with 42206 as long as there is no registry.
 */
export function readRecordData(text: Uint8Array, span: JsonSpan, field: 'key' | 'value'): Result<RecordData | null> {
  if (isNullLiteral(text, span)) return ok(null);
  const source = text.subarray(span.start, span.end);
  const members = scanMembers(source);
  if (!members.ok) return badPayload(`${field} must be an object with a type and data, or null`);
  for (const name of members.value.keys()) {
    if (!fields.includes(name))
      return badPayload(`${field} has the unknown field ${JSON.stringify(name.slice(0, 64))}`);
  }
  const data = spanOf(source, members.value, 'data');
  const typeSpan = spanOf(source, members.value, 'type');
  const type = typeSpan === null ? null : stringAt(source, typeSpan);
  switch (type === null ? null : new TextDecoder().decode(type)) {
    case 'BINARY':
      return binary(source, data, field);
    case 'STRING': {
      const bytes = data === null ? null : stringAt(source, data);
      if (data !== null && bytes === null) return badPayload(`${field}.data must be a string of Unicode text, or null`);
      return ok({ type: 'STRING', bytes });
    }
    case 'JSON':
      return ok({ type: 'JSON', bytes: data === null ? null : source.subarray(data.start, data.end) });
    case 'AVRO':
    case 'JSONSCHEMA':
    case 'PROTOBUF':
      return noRegistry;
    case null:
      if (schemaFields.some((name) => spanOf(source, members.value, name) !== null)) return noRegistry;
      return badPayload(`${field}.type is missing; send BINARY, JSON or STRING`);
    default:
      return badPayload(`${field}.type must be BINARY, JSON or STRING`);
  }
}

/** Payload error: the record's own, so that the records around it are not touched by it. */
export const badPayload = (problem: string): Failed => refused(42_206, 'INVALID_REQUEST', `Payload error. ${problem}.`);

/** Also what the REST Proxy says that was started without a registry. */
export const noRegistry: Failed = refused(
  42_206,
  'INVALID_REQUEST',
  'Payload error. Schema Registry must be configured when using schemas; send BINARY, JSON or STRING.',
);

function binary(source: Uint8Array, data: JsonSpan | null, field: string): Result<RecordData> {
  if (data === null) return ok({ type: 'BINARY', bytes: null });
  const text = stringAt(source, data);
  const bytes = text === null ? null : decodeBase64(text);
  if (bytes !== null) return ok({ type: 'BINARY', bytes });
  return badPayload(`${field}.data must be standard base64 (RFC 4648), or null`);
}

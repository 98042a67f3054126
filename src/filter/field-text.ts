import { failed, ok, type Result } from '../errors/result.ts';
import { type FieldReader, fieldReader } from './field-value.ts';
import type { FilterField, FilterRecord } from './filter.ts';
import { parseFilter } from './filter-parser.ts';

/** A field that a record may lack, which is every one but partition, offset and timestamp. */
export type ReadableField = Exclude<FilterField, { source: 'partition' | 'offset' | 'timestamp' }>;

/** What a record has in a field: a text's own characters, of other JSON its source with all digits. */
export type FieldText = { readonly kind: 'absent' | 'null' } | { readonly kind: 'text'; readonly text: string };

/** Reads a field as filters name it: `value.total`, `header["x-tenant"]`. INVALID_REQUEST for anything else. */
export function parseField(source: string): Result<ReadableField> {
  const filter = parseFilter(`${source} exists`);
  if (filter.ok && filter.value.kind === 'exists') return ok(filter.value.field as ReadableField);
  return failed('INVALID_REQUEST', `"${source}" is no field: write value.total, key.id or header["name"].`);
}

const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Makes a reader of a field's text; of a header that is there several times it takes the first. */
export function fieldTextReader(field: ReadableField): (record: FilterRecord) => FieldText {
  const read: FieldReader = fieldReader(field, false);
  return (record) => {
    let found: FieldText = { kind: 'absent' };
    read(record, ({ isNull, text }) => {
      found = isNull || text === null ? { kind: 'null' } : { kind: 'text', text: utf8.decode(text) };
      return true;
    });
    return found;
  };
}

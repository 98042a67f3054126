import type { FilterField } from '../../../src/filter/filter.ts';
import { printField } from '../../../src/filter/print-filter.ts';
import type { PlainRecord } from './record-row.ts';

/** A wide payload offers this many of its fields, in the order in which they are met. */
const maxFields = 60;
const maxDepth = 3;
/** Larger values are not looked into: what a column can be is seen from others. */
const maxBytes = 64 * 1024;

/** Fields that records have, as filters and columns name them: members of JSON, and headers. */
export function fieldsOf(records: readonly PlainRecord[]): readonly string[] {
  const fields = new Set<string>();
  for (const { key, value, headers } of records) {
    addMembers(fields, 'value', parsed(value), []);
    addMembers(fields, 'key', parsed(key), []);
    for (const { name } of headers) add(fields, { source: 'header', name });
  }
  return [...fields];
}

function add(fields: Set<string>, field: FilterField): void {
  if (fields.size < maxFields) fields.add(printField(field));
}

function addMembers(fields: Set<string>, source: 'key' | 'value', value: unknown, path: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [name, member] of Object.entries(value)) {
    const isDeeper = typeof member === 'object' && member !== null && !Array.isArray(member);
    if (isDeeper && path.length + 1 < maxDepth) addMembers(fields, source, member, [...path, name]);
    else add(fields, { source, path: [...path, name] });
  }
}

/** Names are all that is taken of it, so it does not matter what becomes of its numbers. */
function parsed(bytes: Uint8Array | null): unknown {
  if (bytes === null || bytes.length > maxBytes || bytes[0] !== 0x7b) return null;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

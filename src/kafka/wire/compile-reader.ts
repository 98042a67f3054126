import type { ByteReader } from './byte-reader.ts';
import { minBytesOf, type PlannedField, planStruct } from './field-plan.ts';
import type { Fields, FieldType } from './schema.ts';

/** Reads a value; the reader says whether it failed. */
export type Read = (reader: ByteReader) => unknown;

/** Makes the function that reads a type as one version of its message has it. */
export function compileReader(type: FieldType, version: number, isFlexible: boolean, isNullable: boolean): Read {
  switch (type.kind) {
    case 'bool':
      return (reader) => reader.int8() !== 0;
    case 'string':
      return readerOfLength(isFlexible ? 'compact' : 'int16', isNullable, (reader, length) => reader.string(length));
    case 'bytes':
      return readerOfLength(isFlexible ? 'compact' : 'int32', isNullable, (reader, length) => reader.view(length));
    case 'array':
      return arrayReader(type.element, version, isFlexible, isNullable);
    case 'struct': {
      const read = structReader(type.fields, version, isFlexible);
      return isNullable ? (reader) => (reader.int8() < 0 ? null : read(reader)) : read;
    }
    default: {
      const { kind } = type;
      return (reader) => reader[kind]();
    }
  }
}

function readerOfLength(
  lengthKind: 'int16' | 'int32' | 'compact',
  isNullable: boolean,
  read: (reader: ByteReader, length: number) => unknown,
): Read {
  return (reader) => {
    const length = reader.length(lengthKind);
    if (length !== null) return read(reader, length);
    if (isNullable) return null;
    reader.fail();
    return read(reader, 0);
  };
}

function arrayReader(element: FieldType, version: number, isFlexible: boolean, isNullable: boolean): Read {
  const readElement = compileReader(element, version, isFlexible, false);
  const minBytes = minBytesOf(element, version, isFlexible);
  return readerOfLength(isFlexible ? 'compact' : 'int32', isNullable, (reader, count) => {
    const elements: unknown[] = [];
    if (!reader.allow(count, minBytes)) return elements;
    for (let index = 0; index < count && !reader.failed; index += 1) elements.push(readElement(reader));
    return elements;
  });
}

function structReader(fields: Fields, version: number, isFlexible: boolean): Read {
  const { plain, tagged, absent } = planStruct(fields, version, isFlexible);
  const compile = (field: PlannedField) => compileReader(field.type, version, field.isFlexible, field.isNullable);
  const plainReads = plain.map((field) => ({ name: field.name, read: compile(field) }));
  const taggedReads = new Map([...tagged].map(([tag, field]) => [tag, { name: field.name, read: compile(field) }]));
  const defaults = [...absent, ...tagged.values()];
  return (reader) => {
    const value: Record<string, unknown> = {};
    for (const { name, read } of plainReads) value[name] = read(reader);
    for (const { name, defaultValue } of defaults) value[name] = defaultValue;
    if (isFlexible) readTagged(reader, taggedReads, value);
    return value;
  };
}

/** KIP-482: a count, then for each field its tag, its size and so many bytes. Unknown tags are skipped. */
function readTagged(
  reader: ByteReader,
  known: ReadonlyMap<number, { readonly name: string; readonly read: Read }>,
  value: Record<string, unknown>,
): void {
  const count = reader.uvarint();
  for (let index = 0; index < count && !reader.failed; index += 1) {
    const field = known.get(reader.uvarint());
    const size = reader.uvarint();
    const from = reader.take(size);
    if (from < 0 || field === undefined) continue;
    const { end } = reader;
    reader.at = from;
    reader.end = from + size;
    value[field.name] = field.read(reader);
    if (reader.at !== from + size) reader.fail();
    reader.end = end;
  }
}

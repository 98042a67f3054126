import { assert } from '../../errors/assert.ts';
import { ByteWriter } from './byte-writer.ts';
import { type PlannedField, planStruct } from './field-plan.ts';
import type { Fields, FieldType } from './schema.ts';

export type Write = (writer: ByteWriter, value: unknown) => void;

/** Makes the function that writes a type as one version of its message has it. The types of schema.ts vouch for values. */
export function compileWriter(type: FieldType, version: number, isFlexible: boolean, isNullable: boolean): Write {
  switch (type.kind) {
    case 'bool':
      return (writer, value) => writer.int8(value === true ? 1 : 0);
    case 'uint16':
      return (writer, value) => writer.int16(value as number);
    case 'uuid':
      return (writer, value) => writer.uuid(value as string);
    case 'string': {
      const kind = isFlexible ? 'compact' : 'int16';
      return orNull(
        isNullable,
        (writer) => writer.lengthPrefix(kind, null),
        (writer, value) => writer.string(kind, value as string),
      );
    }
    case 'bytes': {
      const kind = isFlexible ? 'compact' : 'int32';
      return orNull(
        isNullable,
        (writer) => writer.lengthPrefix(kind, null),
        (writer, value) => {
          const bytes = value as Uint8Array;
          writer.lengthPrefix(kind, bytes.length);
          writer.raw(bytes);
        },
      );
    }
    case 'array':
      return arrayWriter(type.element, version, isFlexible, isNullable);
    case 'struct': {
      const write = structWriter(type.fields, version, isFlexible);
      if (!isNullable) return write;
      return orNull(
        true,
        (writer) => writer.int8(-1),
        (writer, value) => {
          writer.int8(1);
          write(writer, value);
        },
      );
    }
    default: {
      const { kind } = type;
      return (writer, value) => writer[kind](value as number);
    }
  }
}

function orNull(isNullable: boolean, writeNull: (writer: ByteWriter) => void, write: Write): Write {
  return (writer, value) => {
    if (value !== null && value !== undefined) return write(writer, value);
    assert(isNullable, 'only what may be null in this version is');
    writeNull(writer);
  };
}

function arrayWriter(element: FieldType, version: number, isFlexible: boolean, isNullable: boolean): Write {
  const writeElement = compileWriter(element, version, isFlexible, false);
  const kind = isFlexible ? 'compact' : 'int32';
  return orNull(
    isNullable,
    (writer) => writer.lengthPrefix(kind, null),
    (writer, value) => {
      const elements = value as readonly unknown[];
      writer.lengthPrefix(kind, elements.length);
      for (const each of elements) writeElement(writer, each);
    },
  );
}

type FieldWriter = PlannedField & { readonly write: Write };

function structWriter(fields: Fields, version: number, isFlexible: boolean): Write {
  const { plain, tagged } = planStruct(fields, version, isFlexible);
  const withWriter = (field: PlannedField): FieldWriter => ({
    ...field,
    write: compileWriter(field.type, version, field.isFlexible, field.isNullable),
  });
  const plainWriters = plain.map(withWriter);
  const taggedWriters = [...tagged].map(([tag, field]) => ({ tag, field: withWriter(field) }));
  return (writer, value) => {
    const values = value as Readonly<Record<string, unknown>>;
    for (const field of plainWriters) field.write(writer, presentValue(field, values));
    if (isFlexible) writeTagged(writer, taggedWriters, values);
  };
}

/** A field that is left out, or is null where its version has no null, has its default. */
function presentValue(
  { name, isNullable, defaultValue }: PlannedField,
  values: Readonly<Record<string, unknown>>,
): unknown {
  const value = values[name];
  return value === undefined || (value === null && !isNullable) ? defaultValue : value;
}

function writeTagged(
  writer: ByteWriter,
  fields: readonly { readonly tag: number; readonly field: FieldWriter }[],
  values: Readonly<Record<string, unknown>>,
): void {
  const present = fields.filter(({ field }) => !isDefault(presentValue(field, values), field.defaultValue));
  writer.uvarint(present.length);
  for (const { tag, field } of present) {
    const inner = new ByteWriter();
    field.write(inner, presentValue(field, values));
    writer.uvarint(tag);
    writer.uvarint(inner.length);
    for (const part of inner.finish()) writer.raw(part);
  }
}

function isDefault(value: unknown, defaultValue: unknown): boolean {
  return value === defaultValue || JSON.stringify(value) === JSON.stringify(defaultValue);
}

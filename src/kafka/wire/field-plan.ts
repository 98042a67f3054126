import { zeroUuid } from './byte-reader.ts';
import { type AnyField, type Fields, type FieldType, isInRange } from './schema.ts';

/** One field of a struct, as one version of its message has it. */
export type PlannedField = {
  readonly name: string;
  readonly type: FieldType;
  readonly isNullable: boolean;
  readonly isFlexible: boolean;
  /** What it is when it is not there. */
  readonly defaultValue: unknown;
};

/** The fields of a struct in one version: in their order, by their tags, and those that the version does not have. */
export type StructPlan = {
  readonly plain: readonly PlannedField[];
  readonly tagged: ReadonlyMap<number, PlannedField>;
  readonly absent: readonly PlannedField[];
};

/** Sorts the fields of a struct by how one version carries them. */
export function planStruct(fields: Fields, version: number, isFlexible: boolean): StructPlan {
  const plain: PlannedField[] = [];
  const tagged = new Map<number, PlannedField>();
  const absent: PlannedField[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const planned = planField(name, field, version, isFlexible);
    if (!isInRange(field.versions, version)) absent.push(planned);
    else if (field.tag === undefined) plain.push(planned);
    else tagged.set(field.tag, planned);
  }
  return { plain, tagged, absent };
}

function planField(name: string, field: AnyField, version: number, isFlexible: boolean): PlannedField {
  const { type, nullable } = field;
  return {
    name,
    type,
    isNullable: nullable !== undefined && isInRange(nullable, version),
    isFlexible: isFlexible && field.isNeverFlexible !== true,
    defaultValue: defaultOf(field),
  };
}

function defaultOf(field: AnyField): unknown {
  if (field.default !== undefined) return field.default;
  // A tagged field without a default has its type's own.
  if (field.nullable !== undefined && field.tag === undefined) return null;
  return emptyValueOf(field.type);
}

function emptyValueOf(type: FieldType): unknown {
  switch (type.kind) {
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'bytes':
      return new Uint8Array(0);
    case 'uuid':
      return zeroUuid;
    case 'array':
      return [];
    case 'struct':
      return Object.fromEntries(Object.entries(type.fields).map(([name, field]) => [name, defaultOf(field)]));
    default:
      return 0;
  }
}

/** The bytes that a value of this type has at least, so that a count can be compared with what is left. */
export function minBytesOf(type: FieldType, version: number, isFlexible: boolean): number {
  switch (type.kind) {
    case 'bool':
    case 'int8':
      return 1;
    case 'int16':
    case 'uint16':
      return 2;
    case 'int32':
      return 4;
    case 'int64':
    case 'float64':
      return 8;
    case 'uuid':
      return 16;
    case 'string':
      return isFlexible ? 1 : 2;
    case 'bytes':
    case 'array':
      return isFlexible ? 1 : 4;
    case 'struct':
      return minStructBytes(type.fields, version, isFlexible);
  }
}

function minStructBytes(fields: Fields, version: number, isFlexible: boolean): number {
  const { plain } = planStruct(fields, version, isFlexible);
  const tagCountBytes = isFlexible ? 1 : 0;
  const fieldBytes = plain.reduce(
    (sum, { type, isNullable }) =>
      sum + (isNullable && type.kind === 'struct' ? 1 : minBytesOf(type, version, isFlexible)),
    0,
  );
  return Math.max(1, tagCountBytes + fieldBytes);
}

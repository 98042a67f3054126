/**
 * How Kafka's messages are described: tables of fields, each with the versions that have it, made with the functions
 * below. A table gives both the codec ({@link MessageCodec}) and the TypeScript types of what is read and written.
 */

/** `3+`, `0-2` or `4`: the versions of a message that have something. */
export type VersionRange = `${number}+` | `${number}-${number}` | `${number}`;

export type PrimitiveType =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes';

export type FieldType =
  | { readonly kind: PrimitiveType }
  | { readonly kind: 'array'; readonly element: FieldType }
  | { readonly kind: 'struct'; readonly fields: Fields };

export type FieldOptions<Value> = {
  /** Versions in which the field may be null. */
  readonly nullable?: VersionRange;
  /** What a message has that does not have the field. */
  readonly default?: Value | null;
  /** The number of a tagged field; it is left out when it has its default. */
  readonly tag?: number;
  /** Never in the compact form, even in flexible versions. */
  readonly isNeverFlexible?: true;
};

/** A field; `Read` is what reading it gives, `Write` what writing takes, `Optional` whether writing may do without. */
export type Field<Read, Write, Optional extends boolean> = FieldOptions<unknown> & {
  readonly versions: VersionRange;
  readonly type: FieldType;
  /** For the type checker alone: it is never set. */
  readonly shape?: { readonly read: Read; readonly write: Write; readonly optional: Optional };
};

export type AnyField = Field<unknown, unknown, boolean>;

export type Fields = { readonly [name: string]: AnyField };

type ShapeOf<Of extends AnyField> = NonNullable<Of['shape']>;

type OptionalNames<Table extends Fields> = {
  [Name in keyof Table]: ShapeOf<Table[Name]>['optional'] extends true ? Name : never;
}[keyof Table];

/** What reading a table of fields gives: every field, those the version does not have with their defaults. */
export type ReadOf<Table extends Fields> = { readonly [Name in keyof Table]: ShapeOf<Table[Name]>['read'] };

/** What writing a table of fields takes; what has a default, or may be null, may be left out. */
export type WriteOf<Table extends Fields> = {
  readonly [Name in Exclude<keyof Table, OptionalNames<Table>>]: ShapeOf<Table[Name]>['write'];
} & { readonly [Name in OptionalNames<Table>]?: ShapeOf<Table[Name]>['write'] };

type NullOf<Options> = Options extends { readonly nullable: string } ? null : never;

type IsOptional<Options> = Options extends
  | { readonly nullable: string }
  | { readonly default: unknown }
  | { readonly tag: number }
  ? true
  : false;

type FieldOf<Read, Write, Options> = Field<Read | NullOf<Options>, Write | NullOf<Options>, IsOptional<Options>>;

/** Makes the function that makes fields of one type. */
function primitive<Value>(kind: PrimitiveType) {
  return <const Options extends FieldOptions<Value>>(
    versions: VersionRange,
    options?: Options,
  ): FieldOf<Value, Value, Options> => ({ ...options, versions, type: { kind } });
}

export const bool = primitive<boolean>('bool');
export const int8 = primitive<number>('int8');
export const int16 = primitive<number>('int16');
export const uint16 = primitive<number>('uint16');
export const int32 = primitive<number>('int32');
/** A number: what lies beyond +-2^53 is read rounded. */
export const int64 = primitive<number>('int64');
export const float64 = primitive<number>('float64');
export const uuid = primitive<string>('uuid');
export const string = primitive<string>('string');
/** Bytes are read as views into the message. */
export const bytes = primitive<Uint8Array>('bytes');

/** How long a request was held back: never, so that no answer needs to say so. */
export const throttleTimeMs = (versions: VersionRange) => int32(versions, { default: 0 });

/** An array of strings. */
export const strings = arrayOf<string>('string');
export const int8s = arrayOf<number>('int8');
export const int32s = arrayOf<number>('int32');
export const int64s = arrayOf<number>('int64');

function arrayOf<Value>(element: PrimitiveType) {
  return <const Options extends FieldOptions<readonly Value[]>>(
    versions: VersionRange,
    options?: Options,
  ): FieldOf<readonly Value[], readonly Value[], Options> => ({
    ...options,
    versions,
    type: { kind: 'array', element: { kind: element } },
  });
}

/** An array of structs with these fields. */
export function structs<const Table extends Fields, const Options extends FieldOptions<readonly never[]>>(
  versions: VersionRange,
  fields: Table,
  options?: Options,
): FieldOf<readonly ReadOf<Table>[], readonly WriteOf<Table>[], Options> {
  return { ...options, versions, type: { kind: 'array', element: { kind: 'struct', fields } } };
}

/** One struct with these fields, in place. */
export function struct<const Table extends Fields, const Options extends FieldOptions<never>>(
  versions: VersionRange,
  fields: Table,
  options?: Options,
): FieldOf<ReadOf<Table>, WriteOf<Table>, Options> {
  return { ...options, versions, type: { kind: 'struct', fields } };
}

/** Whether a version is in a range. */
export function isInRange(range: VersionRange, version: number): boolean {
  const match = /^(\d+)(\+|-(\d+))?$/.exec(range)!;
  const first = Number(match[1]);
  const last = match[2] === '+' ? Number.POSITIVE_INFINITY : Number(match[3] ?? first);
  return version >= first && version <= last;
}

/**
 * A filter over records, as it was read: what {@link parseFilter} makes of a text and `printFilter` writes back.
 *
 *     filter    = and { "||" and }
 *     and       = not { "&&" not }
 *     not       = "!" not | "(" filter ")" | predicate
 *     predicate = "tombstone" | field ( "exists" | operator literal | "in" "[" literal { "," literal } "]" )
 *     field     = ( "key" | "value" ) { "." name | "[" ( text | index ) "]" } | "header" "[" text "]"
 *               | "partition" | "offset" | "timestamp"
 *     operator  = "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "startsWith" | "endsWith"
 *     literal   = text (as in JSON) | number (as in JSON) | moment | "true" | "false" | "null"
 *     moment    = "-15m" (ago; s m h d) | 2026-11-20 | 2026-11-20T06:00Z | "@" milliseconds since 1970
 */
export type Filter =
  /** Two parts at least. */
  | { readonly kind: 'or' | 'and'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | {
      readonly kind: 'comparison';
      readonly field: FilterField;
      readonly operator: FilterOperator;
      readonly literal: FilterLiteral;
    }
  | { readonly kind: 'in'; readonly field: FilterField; readonly literals: readonly FilterLiteral[] }
  | { readonly kind: 'exists'; readonly field: FilterField }
  | { readonly kind: 'tombstone' };

/** What of a record is looked at. A step into JSON is a member's name, or the index of an element. */
export type FilterField =
  | { readonly source: 'key' | 'value'; readonly path: readonly (string | number)[] }
  | { readonly source: 'header'; readonly name: string }
  | { readonly source: 'partition' | 'offset' | 'timestamp' };

export const orderOperators = ['<', '<=', '>', '>='] as const;
export const textOperators = ['contains', 'startsWith', 'endsWith'] as const;
export type OrderOperator = (typeof orderOperators)[number];
export type TextOperator = (typeof textOperators)[number];
export type FilterOperator = '==' | '!=' | OrderOperator | TextOperator;

/** A number and a moment are kept as they were written: a number has all its digits, `-15m` means another time later. */
export type FilterLiteral =
  | { readonly kind: 'text' | 'number' | 'moment'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' };

/** What a filter is tried with; key, value and header values as they are stored. */
export type FilterRecord = {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly name: string; readonly value: Uint8Array | null }[];
};

/** Reading, printing and evaluating a filter recurse this deep, and nobody reads a deeper one. */
export const maxFilterDepth = 32;

/** Each may walk through the whole of a record's value, so their number multiplies the work a record takes. */
export const maxFilterPredicates = 32;

/** Stands before a bare name and needs no brackets: `value.tenant-id`, but `value["a b"]`. */
export const bareName = /[\p{L}_$][\p{L}\p{N}_$-]*/uy;

import type { ConsumedRecord } from '../../../src/client/index.ts';
import { fieldTextReader, parseField } from '../../../src/filter/field-text.ts';
import type { FilterRecord } from '../../../src/filter/filter.ts';
import { decode, type Rendering } from './decode.ts';

/** A record as it crosses to the worker: what a filter is tried with. */
export type PlainRecord = FilterRecord;

export function plainRecord({ partition, offset, timestamp, key, value, headers }: ConsumedRecord): PlainRecord {
  return { partition, offset, timestampMs: timestamp, key, value, headers };
}

/** How rows are to look. */
export type RowShape = {
  readonly rendering: Rendering;
  /** Fields of the payload that have a column, as filters name them. */
  readonly columns: readonly string[];
};

/** What stands in a cell: decoded bytes in one line, or that a payload has no such field. */
export type Cell = { readonly kind: 'null' | 'empty' | 'absent' } | { readonly kind: 'shown'; readonly text: string };

/** A row's own cells; partition, offset and timestamp are the record's. */
export type RowCells = { readonly key: Cell; readonly value: Cell; readonly columns: readonly Cell[] };

/** Longer ones are cut in lists: the record's own page has all of it. */
const previewCharacters = 400;

/** Makes what turns records into cells. A column that is no field shows nothing. `isWhole`: nothing is cut. */
export function rowMaker(shape: RowShape & { readonly isWhole?: boolean }): (record: PlainRecord) => RowCells {
  const { rendering, columns, isWhole = false } = shape;
  const shown = isWhole ? wholeCell : previewCell;
  const readers = columns.map((column) => {
    const field = parseField(column);
    return field.ok ? fieldTextReader(field.value) : () => ({ kind: 'absent' as const });
  });
  const payload = (bytes: Uint8Array | null): Cell => {
    const decoded = decode(bytes === null || isWhole ? bytes : previewBytes(bytes), rendering);
    return 'text' in decoded ? shown(decoded.text) : decoded;
  };
  return (record) => ({
    key: payload(record.key),
    value: payload(record.value),
    columns: readers.map((read): Cell => {
      const found = read(record);
      return found.kind === 'text' ? shown(found.text) : found;
    }),
  });
}

const wholeCell = (text: string): Cell => (text === '' ? { kind: 'empty' } : { kind: 'shown', text });

const previewCell = (text: string) => wholeCell(text.slice(0, previewCharacters).replaceAll(/\s+/g, ' '));

/** Cut where a character begins, so that what is text stays text. */
function previewBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= previewCharacters) return bytes;
  let end = previewCharacters;
  while (end > previewCharacters - 4 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

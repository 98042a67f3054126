import { compileFilter, type RecordTest } from '../../../src/filter/evaluate-filter.ts';
import { parseFilter } from '../../../src/filter/filter-parser.ts';
import { decode, indentJson, type Rendering } from './decode.ts';
import { type ExportFormat, exportText } from './export-text.ts';
import { type DiffLine, diffLines } from './line-diff.ts';
import { fieldsOf } from './payload-fields.ts';
import { type PlainRecord, type RowCells, type RowShape, rowMaker } from './record-row.ts';

/** What the worker does for pages: everything whose time grows with the bytes of records. */
export type DecodeJobs = {
  /** Cells of those records that a filter means; all of them without one. */
  rows: { readonly in: RowsJob; readonly out: readonly DecodedRow[] };
  payload: {
    readonly in: { readonly bytes: Uint8Array; readonly rendering: Rendering };
    readonly out: { readonly kind: 'json' | 'text' | 'hex' | 'base64' | 'empty'; readonly text: string };
  };
  fields: { readonly in: readonly PlainRecord[]; readonly out: readonly string[] };
  comparison: { readonly in: readonly [PlainRecord, PlainRecord]; readonly out: readonly DiffLine[] };
  file: {
    readonly in: {
      readonly topic: string;
      readonly records: readonly PlainRecord[];
      readonly format: ExportFormat;
      readonly shape: RowShape;
    };
    readonly out: string;
  };
};

export type RowsJob = {
  readonly records: readonly PlainRecord[];
  readonly shape: RowShape;
  /** Times like -15m are counted from `nowMs`. */
  readonly filter: { readonly where: string; readonly nowMs: number } | null;
};

/** `index` is the record's in the job. */
export type DecodedRow = { readonly index: number; readonly cells: RowCells };

export type JobName = keyof DecodeJobs;

type Doers = { readonly [Name in JobName]: (job: DecodeJobs[Name]['in']) => DecodeJobs[Name]['out'] };

export const doers: Doers = {
  rows({ records, shape, filter }) {
    const cellsOf = rowMaker(shape);
    const isMeant = testOf(filter);
    return records.flatMap((record, index) => (isMeant(record) ? [{ index, cells: cellsOf(record) }] : []));
  },
  payload({ bytes, rendering }) {
    const decoded = decode(bytes, rendering);
    if (!('text' in decoded)) return { kind: 'empty', text: '' };
    return decoded.kind === 'json' ? { kind: 'json', text: indentJson(decoded.text) } : decoded;
  },
  fields: fieldsOf,
  comparison: ([left, right]) => diffLines(recordText(left), recordText(right)),
  file: ({ topic, records, format, shape }) => exportText(topic, records, format, shape),
};

/** Who asks shows no filter that cannot be read; one that is means nothing. */
function testOf(filter: RowsJob['filter']): RecordTest {
  if (filter === null) return () => true;
  const parsed = parseFilter(filter.where);
  return parsed.ok ? compileFilter(parsed.value, filter.nowMs) : () => false;
}

/** A record as two of them are compared. */
function recordText({ timestampMs, key, value, headers }: PlainRecord): string {
  const payload = (bytes: Uint8Array | null) => {
    if (bytes === null) return 'null';
    return doers.payload({ bytes, rendering: 'auto' }).text;
  };
  return [
    `timestamp: ${new Date(timestampMs).toISOString()}`,
    `key: ${payload(key)}`,
    ...headers.map((header) => `header ${header.name}: ${payload(header.value)}`),
    'value:',
    payload(value),
  ].join('\n');
}

import { headersOf, recordLine } from '../../../src/record-files/record-line.ts';
import { type Cell, type PlainRecord, type RowShape, rowMaker } from './record-row.ts';

export type ExportFormat = 'ndjson' | 'csv';

/** The records as a file has them, nothing cut: NDJSON as `millrace consume` prints it, or CSV. */
export function exportText(
  topic: string,
  records: readonly PlainRecord[],
  format: ExportFormat,
  shape: RowShape,
): string {
  return format === 'ndjson'
    ? records.map((record) => recordLine({ ...record, topic, timestamp: record.timestampMs })).join('')
    : csvLines(records, shape)
        .map((line) => `${line}\r\n`)
        .join('');
}

/** RFC 4180. Null is an unquoted nothing and an empty text a quoted one; the bytes of fields are never changed. */
function csvLines(records: readonly PlainRecord[], shape: RowShape): readonly string[] {
  const head = ['partition', 'offset', 'timestamp', 'key', 'value', ...shape.columns, 'headers'];
  const cellsOf = rowMaker({ ...shape, isWhole: true });
  return [
    head.map(csvField).join(','),
    ...records.map((record) => {
      const { key, value, columns } = cellsOf(record);
      const time = new Date(record.timestampMs).toISOString();
      const headers = record.headers.length === 0 ? '' : csvField(`[${headersOf(record)}]`);
      return [record.partition, record.offset, time, ...[key, value, ...columns].map(csvCell), headers].join(',');
    }),
  ];
}

function csvCell(cell: Cell): string {
  if (cell.kind === 'shown') return csvField(cell.text);
  return cell.kind === 'empty' ? '""' : '';
}

function csvField(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

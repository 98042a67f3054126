import { compactJson, decode, encodeBase64 } from './decode.ts';
import { type Cell, type PlainRecord, type RowShape, rowMaker } from './record-row.ts';

export type ExportFormat = 'ndjson' | 'csv';

/** The records as a file has them, nothing cut. */
export function exportText(records: readonly PlainRecord[], format: ExportFormat, shape: RowShape): string {
  const lines = format === 'ndjson' ? records.map(ndjsonLine) : csvLines(records, shape);
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * A record as `POST /v1/topics/{topic}/records` takes it, with its offset besides. JSON goes in as it is stored, so that
 * numbers keep their digits; only line breaks within it go.
 */
function ndjsonLine({ partition, offset, timestampMs, key, value, headers }: PlainRecord): string {
  const members = [
    `"partition":${partition}`,
    `"offset":${offset}`,
    `"timestamp":${timestampMs}`,
    ...(key === null ? [] : [textMember('key', key, 'key')]),
    valueMember(value),
  ];
  if (headers.length > 0) members.push(`"headers":[${headers.map(headerObject).join(',')}]`);
  return `{${members.join(',')}}`;
}

function valueMember(value: Uint8Array | null): string {
  const decoded = decode(value, 'json');
  return decoded.kind === 'json' ? `"value":${compactJson(decoded.text)}` : textMember('value', value, 'value_text');
}

function headerObject({ name, value }: PlainRecord['headers'][number]): string {
  return `{"name":${JSON.stringify(name)},${textMember('value', value, 'value')}}`;
}

/** Bytes under the name that says how they are written. */
function textMember(name: string, bytes: Uint8Array | null, textName: string): string {
  const decoded = decode(bytes, 'text');
  switch (decoded.kind) {
    case 'null':
      return `"${name}":null`;
    case 'empty':
      return `"${textName}":""`;
    case 'hex':
      return `"${name}_base64":"${encodeBase64(bytes!)}"`;
    default:
      return `"${textName}":${JSON.stringify(decoded.text)}`;
  }
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
      const headers = record.headers.length === 0 ? '' : csvField(`[${record.headers.map(headerObject).join(',')}]`);
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

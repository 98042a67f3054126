import { decodeElsewhere } from './decoder.ts';
import type { ExportFormat } from './export-text.ts';
import { plainRecord, type RowShape } from './record-row.ts';
import type { RecordRow } from './record-rows.ts';

const mediaTypes: Readonly<Record<ExportFormat, string>> = { ndjson: 'application/x-ndjson', csv: 'text/csv' };

/** Hands the records to the browser as a file, with nothing of them cut. */
export async function saveRecords(
  topic: string,
  rows: readonly RecordRow[],
  format: ExportFormat,
  shape: RowShape,
): Promise<void> {
  const records = rows.map(({ record }) => plainRecord(record));
  const text = await decodeElsewhere('file', { topic, records, format, shape });
  const address = URL.createObjectURL(new Blob([text], { type: mediaTypes[format] }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${topic}.${format}`;
  link.click();
  URL.revokeObjectURL(address);
}

import { join } from 'node:path';
import { asyncBufferFromFile, type ColumnData, type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** The package exports its code only, so its data is found by its place. */
const path = join(import.meta.dirname, '../../node_modules/vega-datasets/data/flights-3m.parquet');

/** A flight as it is sent: the key, and the JSON that is the value. */
export type Flight = { readonly origin: string; readonly json: string };

/** How many flights the file holds. */
export async function countFlights(): Promise<number> {
  return Number((await openFlights()).metadata.num_rows);
}

/**
 * The first `limit` flights in the order of the file. One row group (272,727 flights) is in memory at a time, column
 * by column, however many there are.
 */
export async function* readFlights(limit: number): AsyncGenerator<Flight, void, undefined> {
  const { file, metadata } = await openFlights();
  let groupStart = 0;
  for (const group of metadata.row_groups) {
    const groupEnd = groupStart + Number(group.num_rows);
    const columns = new Map<string, ArrayLike<unknown>>();
    const keep = ({ columnName, columnData, rowStart }: ColumnData) => {
      if (rowStart !== groupStart) throw new Error(`${path}: the column ${columnName} comes in pieces`);
      columns.set(columnName, columnData);
    };
    await parquetRead({ file, metadata, compressors, rowStart: groupStart, rowEnd: groupEnd, onChunk: keep });
    const rows = Math.min(groupEnd, limit) - groupStart;
    for (let row = 0; row < rows; row++) yield flightOf((column) => columns.get(column)![row]);
    groupStart = groupEnd;
    if (groupStart >= limit) return;
  }
}

async function openFlights(): Promise<{
  file: Awaited<ReturnType<typeof asyncBufferFromFile>>;
  metadata: FileMetaData;
}> {
  const file = await asyncBufferFromFile(path);
  return { file, metadata: await parquetMetadataAsync(file) };
}

/** The file's times are local to the airport, so the JSON names no zone. */
function flightOf(column: (name: string) => unknown): Flight {
  const date = (column('date') as Date).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
  const origin = column('origin') as string;
  const json = `{"date":"${date}","delay":${column('delay')},"distance":${column('distance')},"origin":"${origin}","destination":"${column('destination')}"}`;
  return { origin, json };
}

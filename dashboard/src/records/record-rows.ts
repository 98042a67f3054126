import { useEffect, useState } from 'react';
import type { ConsumedRecord } from '../../../src/client/index.ts';
import type { RowsJob } from './decode-job.ts';
import { decodeElsewhere } from './decoder.ts';
import { plainRecord, type RowCells, type RowShape } from './record-row.ts';

/** A record with what a list shows of it. */
export type RecordRow = { readonly record: ConsumedRecord; readonly cells: RowCells };

export const rowKey = ({ record }: RecordRow) => `${record.partition}@${record.offset}`;

/** Decodes records in the worker; with a filter only those that it means are left. */
export async function decodeRows(
  records: readonly ConsumedRecord[],
  shape: RowShape,
  filter: RowsJob['filter'] = null,
): Promise<readonly RecordRow[]> {
  if (records.length === 0) return [];
  const decoded = await decodeElsewhere('rows', { records: records.map(plainRecord), shape, filter });
  return decoded.map(({ index, cells }) => ({ record: records[index]!, cells }));
}

/** The rows of records, or null until they are decoded for the first time. */
export function useRows(
  records: readonly ConsumedRecord[],
  { rendering, columns }: RowShape,
): { readonly rows: readonly RecordRow[] | null; readonly error: Error | null } {
  const [state, setState] = useState<{ rows: readonly RecordRow[] | null; error: Error | null }>(undecoded);
  useEffect(() => {
    let isCurrent = true;
    decodeRows(records, { rendering, columns })
      .then((rows) => isCurrent && setState({ rows, error: null }))
      .catch((error: Error) => isCurrent && setState({ rows: null, error }));
    return () => {
      isCurrent = false;
    };
  }, [records, rendering, columns]);
  return state;
}

const undecoded = { rows: null, error: null };

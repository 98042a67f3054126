import { SegmentStore } from '../../../src/log/segment-store.ts';
import type { SqlStore } from '../../../src/platform/sql-store.ts';
import type { JournaledSqlStore } from '../journaled-sql-store.ts';

/** Where a partition's stored log begins and ends; null when there is none. */
export function logEnds(store: JournaledSqlStore): { readonly start: number; readonly end: number } | null {
  const [found] = store.peek<{ count: number }>(
    "SELECT count(*) AS count FROM sqlite_master WHERE name IN ('segments', 'partition')",
  );
  if (found?.count !== 2) return null;
  const [partition] = store.peek<{ log_start_offset: number }>('SELECT log_start_offset FROM partition');
  const [last] = store.peek<{ base_offset: number; last_offset: number | null }>(
    'SELECT base_offset, last_offset FROM segments ORDER BY base_offset DESC LIMIT 1',
  );
  if (partition === undefined || last === undefined) return null;
  const peeking = { query: (statement: string) => store.peek(statement) } as Pick<SqlStore, 'query'>;
  const lastOffset = last.last_offset ?? new SegmentStore(peeking as SqlStore).lastRow(last.base_offset)?.last_offset;
  return { start: partition.log_start_offset, end: lastOffset === undefined ? last.base_offset : lastOffset + 1 };
}

import type { SqlStore } from '../platform/sql-store.ts';

/** A segment whose batches are in an object (segment-object.ts) and no longer in rows. */
export type RemoteSegment = {
  readonly key: string;
  /** The offsets it stands for, both inclusive; compaction may have left out any of them. */
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestampMs: number;
  /** Bytes of its batches, the object's first. */
  readonly sizeBytes: number;
  /** Entries of its index (segment-index.ts). */
  readonly index: Uint8Array;
};

export type RemoteTotals = { readonly count: number; readonly sizeBytes: number; readonly maxTimestampMs: number };

type Row = {
  object_key: string;
  base_offset: number;
  last_offset: number;
  max_timestamp: number;
  size_bytes: number;
  object_index: Uint8Array;
};

const columns = 'object_key, base_offset, last_offset, max_timestamp, size_bytes, object_index';

/** The tiered segments of a partition, which all lie before the local ones. Looked up in SQL: there may be thousands. */
export class RemoteSegments {
  readonly #sql: SqlStore;
  #totals: RemoteTotals | null = null;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** Up to `count` segments in offset order, from the one that holds `offset`, or the first one after it. */
  from(offset: number, count: number): RemoteSegment[] {
    return this.#sql
      .query<Row>(
        `SELECT ${columns} FROM segments WHERE object_key IS NOT NULL AND base_offset >=
           coalesce((SELECT max(base_offset) FROM segments WHERE base_offset <= ?), 0) AND last_offset >= ?
         ORDER BY base_offset LIMIT ?`,
        offset,
        offset,
        count,
      )
      .map(toSegment);
  }

  /** Up to `count` segments in offset order, from the first that reaches `timestampMs` at or after `offset`; none when no one does. */
  reaching(timestampMs: number, offset: number, count: number): RemoteSegment[] {
    const [found] = this.#sql.query<{ base_offset: number }>(
      `SELECT base_offset FROM segments WHERE object_key IS NOT NULL AND last_offset >= ? AND max_timestamp >= ?
       ORDER BY base_offset LIMIT 1`,
      offset,
      timestampMs,
    );
    return found === undefined ? [] : this.from(found.base_offset, count);
  }

  /** Over all tiered segments; counted once, then kept. */
  totals(): RemoteTotals {
    this.#totals ??= this.#count();
    return this.#totals;
  }

  /** What was counted no longer holds. */
  forget(): void {
    this.#totals = null;
  }

  #count(): RemoteTotals {
    const [row] = this.#sql.query<{ count: number; bytes: number | null; newest: number | null }>(
      `SELECT count(*) AS count, sum(size_bytes) AS bytes, max(max_timestamp) AS newest FROM segments
       WHERE object_key IS NOT NULL`,
    );
    return { count: row?.count ?? 0, sizeBytes: row?.bytes ?? 0, maxTimestampMs: row?.newest ?? -1 };
  }
}

function toSegment(row: Row): RemoteSegment {
  return {
    key: row.object_key,
    baseOffset: row.base_offset,
    lastOffset: row.last_offset,
    maxTimestampMs: row.max_timestamp,
    sizeBytes: row.size_bytes,
    index: row.object_index,
  };
}

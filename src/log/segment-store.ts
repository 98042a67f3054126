import { assert } from '../errors/assert.ts';
import type { SqlStore } from '../platform/sql-store.ts';

/**
 * The log's rows, a table a segment, so that a whole segment leaves by DROP TABLE. A row is one flush: record batches
 * back to back. `max_timestamp` and `end_bytes` run over the segment (they only grow), so that the last row alone says
 * how large and how recent the segment is, and a timestamp is found by bisection without an index.
 */
export type SegmentRow = {
  readonly base_offset: number;
  readonly last_offset: number;
  readonly max_timestamp: number;
  readonly end_bytes: number;
};

export type Segment = {
  readonly baseOffset: number;
  /** When its first row was appended; -1 while it is empty. */
  readonly createdAtMs: number;
  /** Null while the segment is open. */
  readonly sealed: SealedSegment | null;
};

/** What a segment holds, once nothing is added to it any more. */
export type SealedSegment = {
  readonly lastOffset: number;
  readonly maxTimestampMs: number;
  /** Of its batches. */
  readonly sizeBytes: number;
  /** When its last row was appended, or a little later where that is not known. */
  readonly lastAppendMs: number;
};

/** A sealed segment wherever its batches are, as retention looks at it. */
export type StoredSegment = SealedSegment & {
  readonly baseOffset: number;
  /** When it was opened. */
  readonly createdAtMs: number;
  /** Null while its rows are here. */
  readonly objectKey: string | null;
};

/** The object a segment was moved to; its index is what segment-index.ts reads. */
export type SegmentObject = {
  readonly key: string;
  /** Of the whole object. */
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  readonly index: Uint8Array;
};

/** How many segments are looked at together; a partition that is tiered has only a few here. */
const segmentsPerPage = 64;

/** How many rows are looked at together, where they are small. */
const rowsPerPage = 512;

/** A row with its batches. */
export type LogRow = { readonly baseOffset: number; readonly lastOffset: number; readonly batches: Uint8Array };

export class SegmentStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /**
   * The segments that have their table here, in offset order; the last one is open. Those before the first of them
   * were tiered, in order: their rows are not even looked at, however many they are.
   */
  listLocal(): Segment[] {
    type Row = {
      base_offset: number;
      created_at_ms: number;
      last_offset: number | null;
      max_timestamp: number | null;
      size_bytes: number | null;
      last_append_ms: number | null;
      object_key: string | null;
    };
    const segments: Segment[] = [];
    for (let below = Number.MAX_SAFE_INTEGER; ; ) {
      const page = this.#sql.query<Row>(
        `SELECT base_offset, created_at_ms, last_offset, max_timestamp, size_bytes, last_append_ms, object_key FROM segments
         WHERE base_offset < ? ORDER BY base_offset DESC LIMIT ?`,
        below,
        segmentsPerPage,
      );
      for (const row of page) {
        if (row.object_key !== null) return segments.reverse();
        below = row.base_offset;
        segments.push({
          baseOffset: row.base_offset,
          createdAtMs: row.created_at_ms,
          sealed:
            row.last_offset === null || row.max_timestamp === null || row.size_bytes === null
              ? null
              : {
                  lastOffset: row.last_offset,
                  maxTimestampMs: row.max_timestamp,
                  sizeBytes: row.size_bytes,
                  lastAppendMs: row.last_append_ms ?? row.created_at_ms,
                },
        });
      }
      if (page.length < segmentsPerPage) return segments.reverse();
    }
  }

  /** Whether compaction wrote the batches of this segment anew, so that they are not the ones that were appended. */
  isRewritten(segmentBase: number): boolean {
    const rows = this.#sql.query(
      'SELECT 1 AS found FROM segments WHERE base_offset = ? AND generation > 0',
      segmentBase,
    );
    return rows.length > 0;
  }

  /** Opens a new, empty segment; `usage` is what the partition's meter says. Inside a transaction. */
  open(baseOffset: number, createdAtMs: number, usage: string): void {
    this.#sql.run(
      'INSERT INTO segments (base_offset, created_at_ms, usage) VALUES (?, ?, ?)',
      baseOffset,
      createdAtMs,
      usage,
    );
    this.#sql.run(
      `CREATE TABLE ${segmentTable(baseOffset)} (
        base_offset INTEGER PRIMARY KEY,
        last_offset INTEGER NOT NULL,
        max_timestamp INTEGER NOT NULL,
        end_bytes INTEGER NOT NULL,
        usage TEXT NOT NULL,
        batches BLOB NOT NULL
      ) STRICT`,
    );
  }

  /** Lets the rows of a segment that an earlier version opened say what the meter does. Inside a transaction. */
  addUsage(baseOffset: number): void {
    this.#sql.run(`ALTER TABLE ${segmentTable(baseOffset)} ADD COLUMN usage TEXT NOT NULL DEFAULT ''`);
    this.#sql.run("UPDATE segments SET usage = '' WHERE base_offset = ?", baseOffset);
  }

  /** What a segment says of the partition's meter, its last row first; null when its rows cannot say it. */
  usageOf(baseOffset: number): string | null {
    const [segment] = this.#sql.query<{ usage: string | null }>(
      'SELECT usage FROM segments WHERE base_offset = ?',
      baseOffset,
    );
    if (segment === undefined || segment.usage === null) return null;
    const [row] = this.#sql.query<{ usage: string }>(
      `SELECT usage FROM ${segmentTable(baseOffset)} ORDER BY base_offset DESC LIMIT 1`,
    );
    return row?.usage ?? segment.usage;
  }

  /** Records what a segment holds and that nothing is added to it any more. Inside a transaction. */
  seal(
    baseOffset: number,
    lastRow: SegmentRow,
    times: { readonly lastAppendMs: number; readonly nowMs: number },
  ): void {
    this.#sql.run(
      `UPDATE segments SET last_offset = ?, max_timestamp = ?, size_bytes = ?, last_append_ms = ?, sealed_at_ms = ?
       WHERE base_offset = ?`,
      lastRow.last_offset,
      lastRow.max_timestamp,
      lastRow.end_bytes,
      times.lastAppendMs,
      times.nowMs,
      baseOffset,
    );
  }

  /** Up to `count` sealed segments in offset order, local and remote: those that reach to `offset`, or lie after it. */
  sealedFrom(offset: number, count: number): StoredSegment[] {
    return this.#sql.query<StoredSegment>(
      `SELECT base_offset AS baseOffset, last_offset AS lastOffset, max_timestamp AS maxTimestampMs,
       size_bytes AS sizeBytes, coalesce(last_append_ms, created_at_ms) AS lastAppendMs, created_at_ms AS createdAtMs,
       object_key AS objectKey
       FROM segments WHERE last_offset >= ? ORDER BY base_offset LIMIT ?`,
      offset,
      count,
    );
  }

  /** Bytes of the sealed segments that end below `offset`. */
  sealedBytesBelow(offset: number): number {
    const [row] = this.#sql.query<{ bytes: number | null }>(
      'SELECT sum(size_bytes) AS bytes FROM segments WHERE last_offset < ?',
      offset,
    );
    return row?.bytes ?? 0;
  }

  /** Whether a sealed segment is still the same, in the same place. */
  isUnchanged({ baseOffset, lastOffset, sizeBytes, objectKey }: StoredSegment): boolean {
    const [found] = this.#sql.query(
      `SELECT 1 AS found FROM segments
       WHERE base_offset = ? AND last_offset = ? AND size_bytes = ? AND object_key IS ?`,
      baseOffset,
      lastOffset,
      sizeBytes,
      objectKey,
    );
    return found !== undefined;
  }

  /** Drops a sealed segment; the object of a remote one is left to its tombstone. Inside a transaction. */
  drop(segment: Pick<StoredSegment, 'baseOffset' | 'objectKey'>): void {
    if (segment.objectKey === null) this.dropTable(segment.baseOffset);
    this.#sql.run('DELETE FROM segments WHERE base_offset = ?', segment.baseOffset);
  }

  /** Inside a transaction. */
  insertRow(segmentBase: number, row: SegmentRow, usage: string, batches: Uint8Array): void {
    this.#sql.run(
      `INSERT INTO ${segmentTable(segmentBase)} (base_offset, last_offset, max_timestamp, end_bytes, usage, batches)
       VALUES (?, ?, ?, ?, ?, ?)`,
      row.base_offset,
      row.last_offset,
      row.max_timestamp,
      row.end_bytes,
      usage,
      batches,
    );
  }

  /** The rows of a segment that begin at or after `from`, in offset order: one, and more up to `maxBytes` beyond it. */
  rows(segmentBase: number, from: number, maxBytes: number): LogRow[] {
    const table = segmentTable(segmentBase);
    const heads = this.#sql.query<{ base_offset: number; end_bytes: number }>(
      `SELECT base_offset, end_bytes FROM ${table} WHERE base_offset >= ? ORDER BY base_offset LIMIT ?`,
      from,
      rowsPerPage,
    );
    const [first] = heads;
    const last = heads.findLast(({ end_bytes }) => end_bytes - (first?.end_bytes ?? 0) <= maxBytes);
    if (first === undefined || last === undefined) return [];
    return this.#sql
      .query<{ base_offset: number; last_offset: number; batches: Uint8Array }>(
        `SELECT base_offset, last_offset, batches FROM ${table} WHERE base_offset BETWEEN ? AND ? ORDER BY base_offset`,
        first.base_offset,
        last.base_offset,
      )
      .map((row) => ({ baseOffset: row.base_offset, lastOffset: row.last_offset, batches: row.batches }));
  }

  /** Whether a segment is still here as it was sealed. */
  isLocal(baseOffset: number, sealed: SealedSegment): boolean {
    const [found] = this.#sql.query(
      'SELECT 1 AS found FROM segments WHERE base_offset = ? AND last_offset = ? AND size_bytes = ? AND object_key IS NULL',
      baseOffset,
      sealed.lastOffset,
      sealed.sizeBytes,
    );
    return found !== undefined;
  }

  /** From now on the segment is in an object, and its rows are gone. Inside a transaction. */
  makeRemote(baseOffset: number, object: SegmentObject): void {
    this.#sql.run(
      'UPDATE segments SET object_key = ?, object_bytes = ?, object_sha256 = ?, object_index = ? WHERE base_offset = ?',
      object.key,
      object.sizeBytes,
      object.sha256,
      object.index,
      baseOffset,
    );
    this.dropTable(baseOffset);
  }

  /** What a segment is after it was rewritten, together with those after it up to `lastOffset`. Inside a transaction. */
  replace(baseOffset: number, by: SealedSegment & { readonly object: SegmentObject | null }): void {
    this.#sql.run(
      `UPDATE segments SET last_offset = ?, max_timestamp = ?, size_bytes = ?, last_append_ms = ?,
       generation = generation + 1, object_key = ?, object_bytes = ?, object_sha256 = ?, object_index = ?
       WHERE base_offset = ?`,
      by.lastOffset,
      by.maxTimestampMs,
      by.sizeBytes,
      by.lastAppendMs,
      by.object?.key ?? null,
      by.object?.sizeBytes ?? null,
      by.object?.sha256 ?? null,
      by.object?.index ?? null,
      baseOffset,
    );
  }

  /** Frees a segment's rows. Inside a transaction. */
  dropTable(baseOffset: number): void {
    this.#sql.run(`DROP TABLE ${segmentTable(baseOffset)}`);
  }

  /**
   * Drops up to `count` segments from the start of the log and answers how many. The open one loses its rows but stays:
   * an object that starts again needs the end of its log. Inside a transaction.
   */
  dropOldest(count: number): number {
    const oldest = this.#sql.query<{ base_offset: number; is_local: number; is_open: number }>(
      `SELECT base_offset, object_key IS NULL AS is_local, last_offset IS NULL AS is_open FROM segments
       ORDER BY base_offset LIMIT ?`,
      count,
    );
    let dropped = 0;
    for (const { base_offset, is_local, is_open } of oldest) {
      if (is_open === 1 && this.lastRow(base_offset) === null) continue;
      if (is_local === 1) this.dropTable(base_offset);
      this.#sql.run('DELETE FROM segments WHERE base_offset = ?', base_offset);
      if (is_open === 1) this.open(base_offset, -1, '');
      dropped += 1;
    }
    return dropped;
  }

  lastRow(segmentBase: number): SegmentRow | null {
    const rows = this.#sql.query<SegmentRow>(
      `SELECT base_offset, last_offset, max_timestamp, end_bytes FROM ${segmentTable(segmentBase)} ORDER BY base_offset DESC LIMIT 1`,
    );
    return rows[0] ?? null;
  }

  /** The row that holds `offset`, or else the first one after it in this segment. */
  rowAt(segmentBase: number, offset: number): LogRow | null {
    const holder = this.#readRow(segmentBase, 'WHERE base_offset <= ? ORDER BY base_offset DESC', offset);
    if (holder !== null && holder.lastOffset >= offset) return holder;
    return this.#readRow(segmentBase, 'WHERE base_offset > ? ORDER BY base_offset', offset);
  }

  #readRow(segmentBase: number, which: string, offset: number): LogRow | null {
    const row = this.#sql.query<{ base_offset: number; last_offset: number; batches: Uint8Array }>(
      `SELECT base_offset, last_offset, batches FROM ${segmentTable(segmentBase)} ${which} LIMIT 1`,
      offset,
    )[0];
    return row === undefined
      ? null
      : { baseOffset: row.base_offset, lastOffset: row.last_offset, batches: row.batches };
  }

  /** Base offset of the first row whose timestamps reach `timestampMs`, or null when none does. */
  firstRowReaching(segmentBase: number, timestampMs: number): number | null {
    const table = segmentTable(segmentBase);
    const edges = this.#sql.query<{ low: number | null; high: number | null }>(
      `SELECT min(base_offset) AS low, max(base_offset) AS high FROM ${table}`,
    )[0];
    if (edges === undefined || edges.low === null || edges.high === null) return null;
    const at = (offset: number): SegmentRow => {
      const row = this.#sql.query<SegmentRow>(
        `SELECT base_offset, last_offset, max_timestamp, end_bytes FROM ${table} WHERE base_offset <= ? ORDER BY base_offset DESC LIMIT 1`,
        offset,
      )[0];
      assert(row !== undefined, 'a segment has a row at or below any offset from its first row on');
      return row;
    };
    if (at(edges.high).max_timestamp < timestampMs) return null;
    let low = edges.low;
    let high = edges.high;
    // `high` always reaches the timestamp; the loop halves the range and so ends within 53 rounds.
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = at(middle);
      if (row.max_timestamp >= timestampMs) high = row.base_offset;
      // No row begins between the end of this one and the middle, where compaction may have left a hole.
      else low = Math.max(row.last_offset, middle) + 1;
    }
    return high;
  }
}

/** The table of a segment: its name holds nothing but a checked integer. */
export function segmentTable(baseOffset: number): string {
  assert(Number.isSafeInteger(baseOffset) && baseOffset >= 0, 'a segment begins at a safe, non-negative offset');
  return `segment_${baseOffset}`;
}

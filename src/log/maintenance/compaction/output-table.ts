import { assert } from '../../../errors/assert.ts';
import type { SqlStore } from '../../../platform/sql-store.ts';
import { concatBytes } from '../../concat-bytes.ts';
import type { BatchHeader } from '../../record-batch.ts';
import { segmentTable } from '../../segment-store.ts';

/** The rows being made; they become a segment's by renaming the table. */
const outputTable = 'compaction_output';

/** A row gathers about this much, as one that a flush of the log writes. */
const rowBytes = 256 * 1024;

/** The rows of a compacted segment while they are being made: a table that nothing reads. */
export class OutputTable {
  readonly #sql: SqlStore;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #baseOffset = 0;
  #lastOffset = 0;
  #maxTimestampMs = -1;
  #endBytes = 0;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** Frees what an earlier attempt left behind. Inside a transaction. */
  static drop(sql: SqlStore): void {
    sql.run(`DROP TABLE IF EXISTS ${outputTable}`);
  }

  get sizeBytes(): number {
    return this.#endBytes + this.#pendingBytes;
  }

  get maxTimestampMs(): number {
    return this.#maxTimestampMs;
  }

  /** The next batches, with offsets after those before. */
  addAll(batches: readonly { readonly bytes: Uint8Array; readonly header: BatchHeader }[]): void {
    for (const { bytes, header } of batches) this.#add(bytes, header);
  }

  #add(batch: Uint8Array, header: BatchHeader): void {
    if (this.#pendingBytes > 0 && this.#pendingBytes + batch.length > rowBytes) this.flush();
    if (this.#pending.length === 0) this.#baseOffset = header.baseOffset;
    this.#pending.push(batch);
    this.#pendingBytes += batch.length;
    this.#lastOffset = header.baseOffset + header.lastOffsetDelta;
    this.#maxTimestampMs = Math.max(this.#maxTimestampMs, header.maxTimestampMs);
  }

  /** Writes what is gathered as one row. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const batches = concatBytes(this.#pending);
    const isFirst = this.#endBytes === 0;
    this.#endBytes += batches.length;
    this.#sql.transaction(() => {
      if (isFirst) this.#begin();
      this.#sql.run(
        `INSERT INTO ${outputTable} VALUES (?, ?, ?, ?, ?)`,
        this.#baseOffset,
        this.#lastOffset,
        this.#maxTimestampMs,
        this.#endBytes,
        batches,
      );
    });
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #begin(): void {
    OutputTable.drop(this.#sql);
    // The columns of every segment's table, which this becomes.
    this.#sql.run(
      `CREATE TABLE ${outputTable} (
        base_offset INTEGER PRIMARY KEY,
        last_offset INTEGER NOT NULL,
        max_timestamp INTEGER NOT NULL,
        end_bytes INTEGER NOT NULL,
        batches BLOB NOT NULL
      ) STRICT`,
    );
  }

  /** Makes the rows those of a segment, whose own table is gone. Inside a transaction. */
  becomeSegment(baseOffset: number): void {
    assert(this.#pending.length === 0, 'every row of a compacted segment is written');
    this.#sql.run(`ALTER TABLE ${outputTable} RENAME TO ${segmentTable(baseOffset)}`);
  }
}

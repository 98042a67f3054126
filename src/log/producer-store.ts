import { limits } from '../limits.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { ProducerDescription } from './partition-rpc.ts';
import type { ProducedBatch, ProducerEntry } from './producer-state.ts';

/** How many producers a partition remembers; the ones idle for longest are forgotten beyond it. */
export const producersPerPartition = limits.producersPerPartition.value;

/** Producer rows, read when a producer is first met and kept in memory from then on. */
export class ProducerStore {
  readonly #sql: SqlStore;
  readonly #known = new Map<number, ProducerEntry>();

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  get(producerId: number): ProducerEntry | null {
    const known = this.#known.get(producerId);
    if (known !== undefined) return known;
    type Row = { producer_epoch: number; batches: string; last_timestamp_ms: number; ended_transaction: number };
    const row = this.#sql.query<Row>('SELECT * FROM producers WHERE producer_id = ?', producerId)[0];
    if (row === undefined) return null;
    const entry: ProducerEntry = {
      producerId,
      producerEpoch: row.producer_epoch,
      batches: JSON.parse(row.batches) as ProducedBatch[],
      lastTimestampMs: row.last_timestamp_ms,
      endedTransaction: row.ended_transaction,
    };
    this.#known.set(producerId, entry);
    return entry;
  }

  /** All that are remembered, by their ids. */
  describe(): ProducerDescription[] {
    type Row = {
      producer_id: number;
      producer_epoch: number;
      batches: string;
      last_timestamp_ms: number;
      first_offset: number | null;
    };
    return this.#sql
      .query<Row>(
        `SELECT producers.producer_id, producer_epoch, batches, last_timestamp_ms, first_offset FROM producers
         LEFT JOIN open_transactions ON open_transactions.producer_id = producers.producer_id
         ORDER BY producers.producer_id LIMIT ?`,
        producersPerPartition,
      )
      .map((row) => ({
        producerId: row.producer_id,
        producerEpoch: row.producer_epoch,
        lastSequence: (JSON.parse(row.batches) as ProducedBatch[]).at(-1)?.lastSequence ?? -1,
        lastTimestampMs: row.last_timestamp_ms,
        transactionFirstOffset: row.first_offset,
      }));
  }

  /** Inside a transaction; call {@link ProducerStore.remember} once it has committed. */
  write(entry: ProducerEntry): void {
    this.#sql.run(
      'INSERT OR REPLACE INTO producers VALUES (?, ?, ?, ?, ?)',
      entry.producerId,
      entry.producerEpoch,
      JSON.stringify(entry.batches),
      entry.lastTimestampMs,
      entry.endedTransaction,
    );
  }

  remember(entry: ProducerEntry): void {
    this.#known.set(entry.producerId, entry);
  }

  /**
   * Forgets producers idle since before `idleSinceMs`, and the idlest beyond the bound; but none whose transaction is
   * open, which must be known by when it ends.
   */
  prune(idleSinceMs: number): void {
    this.#sql.transaction(() => {
      this.#sql.run(
        `DELETE FROM producers WHERE last_timestamp_ms < ?
           AND producer_id NOT IN (SELECT producer_id FROM open_transactions)`,
        idleSinceMs,
      );
      this.#sql.run(
        `DELETE FROM producers WHERE producer_id NOT IN (SELECT producer_id FROM open_transactions)
           AND producer_id IN (SELECT producer_id FROM producers ORDER BY last_timestamp_ms DESC LIMIT -1 OFFSET ?)`,
        producersPerPartition,
      );
    });
    this.#known.clear();
  }
}

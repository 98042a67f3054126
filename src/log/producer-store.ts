import { limits } from '../limits.ts';
import type { SqlStore } from '../platform/sql-store.ts';
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
    type Row = { producer_epoch: number; batches: string; last_timestamp_ms: number };
    const row = this.#sql.query<Row>('SELECT * FROM producers WHERE producer_id = ?', producerId)[0];
    if (row === undefined) return null;
    const entry: ProducerEntry = {
      producerId,
      producerEpoch: row.producer_epoch,
      batches: JSON.parse(row.batches) as ProducedBatch[],
      lastTimestampMs: row.last_timestamp_ms,
    };
    this.#known.set(producerId, entry);
    return entry;
  }

  /** Inside a transaction; call {@link ProducerStore.remember} once it has committed. */
  write(entry: ProducerEntry): void {
    this.#sql.run(
      'INSERT OR REPLACE INTO producers VALUES (?, ?, ?, ?)',
      entry.producerId,
      entry.producerEpoch,
      JSON.stringify(entry.batches),
      entry.lastTimestampMs,
    );
  }

  remember(entry: ProducerEntry): void {
    this.#known.set(entry.producerId, entry);
  }

  /** Forgets producers idle since before `idleSinceMs`, and the idlest beyond the bound. */
  prune(idleSinceMs: number): void {
    this.#sql.transaction(() => {
      this.#sql.run('DELETE FROM producers WHERE last_timestamp_ms < ?', idleSinceMs);
      this.#sql.run(
        'DELETE FROM producers WHERE producer_id IN (SELECT producer_id FROM producers ORDER BY last_timestamp_ms DESC LIMIT -1 OFFSET ?)',
        producersPerPartition,
      );
    });
    this.#known.clear();
  }
}

import type { SqlStore } from '../platform/sql-store.ts';
import type { DeliveryState } from './catalog-decisions.ts';

/** What a granted partition still has to be told. */
export type OutboxDelivery = DeliveryState & {
  readonly topicId: string;
  readonly partition: number;
  readonly configVersion: number;
};

/** The outbox's rows: at most one a partition. Writes are called inside a transaction. */
export class OutboxStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** Tells every granted partition of a topic; what it had not been told yet is overtaken. */
  queue(topicId: string, verb: OutboxDelivery['verb'], configVersion: number, dueAtMs: number): void {
    this.#sql.run(
      `INSERT INTO outbox (topic_id, partition, verb, config_version, attempts, due_at_ms)
       SELECT topic_id, partition, ?, ?, 0, ? FROM granted_partition WHERE topic_id = ?
       ON CONFLICT (topic_id, partition) DO UPDATE SET verb = excluded.verb, config_version = excluded.config_version,
       attempts = 0, due_at_ms = excluded.due_at_ms`,
      verb,
      configVersion,
      dueAtMs,
      topicId,
    );
  }

  due(nowMs: number, count: number): OutboxDelivery[] {
    return this.#sql.query<OutboxDelivery>(
      `SELECT outbox.topic_id AS topicId, outbox.partition AS partition, verb, config_version AS configVersion, attempts,
       grant_expires_at_ms AS grantExpiresAtMs
       FROM outbox JOIN granted_partition USING (topic_id, partition) WHERE due_at_ms <= ? ORDER BY due_at_ms LIMIT ?`,
      nowMs,
      count,
    );
  }

  /** When the next delivery is due, or null when nothing is left to tell. */
  nextDueMs(): number | null {
    const [row] = this.#sql.query<{ dueAtMs: number }>(
      'SELECT due_at_ms AS dueAtMs FROM outbox ORDER BY due_at_ms LIMIT 1',
    );
    return row?.dueAtMs ?? null;
  }

  /** Removes a delivery, unless a later one has taken its place meanwhile. Answers whether it was removed. */
  remove(delivery: OutboxDelivery): boolean {
    const removed = this.#sql.query(
      'DELETE FROM outbox WHERE topic_id = ? AND partition = ? AND verb = ? AND config_version = ? RETURNING partition',
      ...keyOf(delivery),
    );
    return removed.length > 0;
  }

  /** Postpones a delivery, unless a later one has taken its place meanwhile. */
  postpone(delivery: OutboxDelivery, attempts: number, dueAtMs: number): void {
    this.#sql.run(
      'UPDATE outbox SET attempts = ?, due_at_ms = ? WHERE topic_id = ? AND partition = ? AND verb = ? AND config_version = ?',
      attempts,
      dueAtMs,
      ...keyOf(delivery),
    );
  }
}

function keyOf(delivery: OutboxDelivery): [string, number, string, number] {
  return [delivery.topicId, delivery.partition, delivery.verb, delivery.configVersion];
}

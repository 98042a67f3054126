import type { SqlStore } from '../platform/sql-store.ts';
import type { WebhookDelivery } from './alert-command.ts';

export type StoredDelivery = WebhookDelivery & { readonly alertId: string; readonly body: string };

const columns = `delivery_id AS deliveryId, alert_id AS alertId, kind, subject, body, created_at_ms AS createdAtMs, state,
  attempts, due_at_ms AS nextAttemptAtMs, settled_at_ms AS settledAtMs, status, error`;

/** The rows of messages to receivers: SQL only. Writes are called inside a transaction. */
export class DeliveryStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  add({ deliveryId, alertId, kind, subject, body, createdAtMs, nextAttemptAtMs }: StoredDelivery): void {
    this.#sql.run(
      `INSERT INTO webhook_delivery (delivery_id, alert_id, kind, subject, body, created_at_ms, state, attempts, due_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, 'waiting', 0, ?)`,
      deliveryId,
      alertId,
      kind,
      subject,
      body,
      createdAtMs,
      nextAttemptAtMs,
    );
  }

  find(deliveryId: string): StoredDelivery | null {
    const [row] = this.#sql.query<StoredDelivery>(
      `SELECT ${columns} FROM webhook_delivery WHERE delivery_id = ?`,
      deliveryId,
    );
    return row ?? null;
  }

  due(nowMs: number, count: number): StoredDelivery[] {
    return this.#sql.query<StoredDelivery>(
      `SELECT ${columns} FROM webhook_delivery WHERE due_at_ms <= ? ORDER BY due_at_ms, sequence LIMIT ?`,
      nowMs,
      count,
    );
  }

  /** When the next attempt is due; null when none is. */
  nextDueMs(): number | null {
    const [row] = this.#sql.query<{ dueAtMs: number }>(
      'SELECT due_at_ms AS dueAtMs FROM webhook_delivery WHERE due_at_ms IS NOT NULL ORDER BY due_at_ms LIMIT 1',
    );
    return row?.dueAtMs ?? null;
  }

  /** Takes over how far a delivery has come; one that is gone stays gone. */
  save({ deliveryId, state, attempts, nextAttemptAtMs, settledAtMs, status, error }: WebhookDelivery): void {
    this.#sql.run(
      `UPDATE webhook_delivery SET state = ?, attempts = ?, due_at_ms = ?, settled_at_ms = ?, status = ?, error = ?
       WHERE delivery_id = ?`,
      state,
      attempts,
      nextAttemptAtMs,
      settledAtMs,
      status,
      error,
      deliveryId,
    );
  }

  /** The latest first. */
  ofAlert(alertId: string): StoredDelivery[] {
    return this.#sql.query<StoredDelivery>(
      `SELECT ${columns} FROM webhook_delivery WHERE alert_id = ? ORDER BY sequence DESC`,
      alertId,
    );
  }

  /** Forgets all but the latest of an alert, waiting ones too. */
  trim(alertId: string, keep: number): void {
    this.#sql.run(
      `DELETE FROM webhook_delivery WHERE sequence IN (SELECT sequence FROM webhook_delivery WHERE alert_id = ?
       ORDER BY sequence DESC LIMIT -1 OFFSET ?)`,
      alertId,
      keep,
    );
  }

  removeOf(alertId: string): void {
    this.#sql.run('DELETE FROM webhook_delivery WHERE alert_id = ?', alertId);
  }
}

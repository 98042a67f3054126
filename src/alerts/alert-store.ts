import type { SqlStore } from '../platform/sql-store.ts';
import type { Alert, AlertEvent, AlertSubject } from './alert-command.ts';
import type { AlertStates } from './alert-evaluation.ts';
import type { AlertCondition } from './alert-rule.ts';
import type { AlertState } from './alert-state.ts';

/** A rule with its secrets, as they are sealed. */
export type StoredAlert = Alert & { readonly sealedSecret: string; readonly previousSealedSecret: string | null };

type RuleRow = Omit<StoredAlert, 'condition'> & { readonly condition: string };

const ruleColumns = `alert_id AS alertId, name, condition, repeat_ms AS repeatMs, webhook_url AS webhookUrl,
  sealed_secret AS sealedSecret, previous_sealed_secret AS previousSealedSecret,
  previous_secret_until_ms AS previousSecretUntilMs, muted_until_ms AS mutedUntilMs, created_by AS createdBy,
  created_at_ms AS createdAtMs`;

const stateColumns = `subject, state, since_ms AS sinceMs, clear_since_ms AS clearSinceMs,
  notified_at_ms AS notifiedAtMs, value`;

/** The rows of rules, of their subjects that are not fine, and of what they did: SQL only. Writes are called inside a transaction. */
export class AlertStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  all(): StoredAlert[] {
    return this.#sql.query<RuleRow>(`SELECT ${ruleColumns} FROM alert_rule ORDER BY name, alert_id`).map(toAlert);
  }

  find(alertId: string): StoredAlert | null {
    const [row] = this.#sql.query<RuleRow>(`SELECT ${ruleColumns} FROM alert_rule WHERE alert_id = ?`, alertId);
    return row === undefined ? null : toAlert(row);
  }

  count(): number {
    return this.#sql.query<{ count: number }>('SELECT COUNT(*) AS count FROM alert_rule')[0]?.count ?? 0;
  }

  save(alert: StoredAlert): void {
    this.#sql.run(
      `INSERT INTO alert_rule VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (alert_id) DO UPDATE SET name = excluded.name, condition = excluded.condition,
       repeat_ms = excluded.repeat_ms, webhook_url = excluded.webhook_url, sealed_secret = excluded.sealed_secret,
       previous_sealed_secret = excluded.previous_sealed_secret,
       previous_secret_until_ms = excluded.previous_secret_until_ms, muted_until_ms = excluded.muted_until_ms`,
      alert.alertId,
      alert.name,
      JSON.stringify(alert.condition),
      alert.repeatMs,
      alert.webhookUrl,
      alert.sealedSecret,
      alert.previousSealedSecret,
      alert.previousSecretUntilMs,
      alert.mutedUntilMs,
      alert.createdBy,
      alert.createdAtMs,
    );
  }

  /** With all that is kept of it, but its deliveries. */
  remove(alertId: string): void {
    this.#sql.run('DELETE FROM alert_rule WHERE alert_id = ?', alertId);
    this.#sql.run('DELETE FROM alert_state WHERE alert_id = ?', alertId);
    this.#sql.run('DELETE FROM alert_event WHERE alert_id = ?', alertId);
  }

  subjects(alertId: string): AlertSubject[] {
    return this.#sql.query<AlertSubject>(
      `SELECT ${stateColumns} FROM alert_state WHERE alert_id = ? ORDER BY subject`,
      alertId,
    );
  }

  states(alertId: string): AlertStates {
    return new Map(this.subjects(alertId).map(({ subject, ...state }) => [subject, state]));
  }

  /** Writes what is different, and nothing else. */
  saveStates(alertId: string, before: AlertStates, after: AlertStates): void {
    for (const subject of before.keys()) {
      if (after.has(subject)) continue;
      this.#sql.run('DELETE FROM alert_state WHERE alert_id = ? AND subject = ?', alertId, subject);
    }
    for (const [subject, state] of after) {
      if (before.get(subject) !== state) this.#saveState(alertId, subject, state);
    }
  }

  #saveState(alertId: string, subject: string, state: AlertState): void {
    this.#sql.run(
      `INSERT INTO alert_state VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (alert_id, subject) DO UPDATE SET state = excluded.state, since_ms = excluded.since_ms,
       clear_since_ms = excluded.clear_since_ms, notified_at_ms = excluded.notified_at_ms, value = excluded.value`,
      alertId,
      subject,
      state.state,
      state.sinceMs,
      state.clearSinceMs,
      state.notifiedAtMs,
      state.value,
    );
  }

  /** The latest first. */
  events(alertId: string): AlertEvent[] {
    return this.#sql.query<AlertEvent>(
      'SELECT at_ms AS atMs, subject, kind, value FROM alert_event WHERE alert_id = ? ORDER BY event_id DESC',
      alertId,
    );
  }

  addEvent(alertId: string, { atMs, subject, kind, value }: AlertEvent): void {
    this.#sql.run(
      'INSERT INTO alert_event (alert_id, at_ms, subject, kind, value) VALUES (?, ?, ?, ?, ?)',
      alertId,
      atMs,
      subject,
      kind,
      value,
    );
  }

  /** Forgets all but the latest events of a rule. */
  trimEvents(alertId: string, keep: number): void {
    this.#sql.run(
      `DELETE FROM alert_event WHERE event_id IN (SELECT event_id FROM alert_event WHERE alert_id = ?
       ORDER BY event_id DESC LIMIT -1 OFFSET ?)`,
      alertId,
      keep,
    );
  }
}

function toAlert(row: RuleRow): StoredAlert {
  return { ...row, condition: JSON.parse(row.condition) as AlertCondition };
}

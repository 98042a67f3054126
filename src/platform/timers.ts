import type { AlarmClock } from './alarm.ts';
import type { SqlStore } from './sql-store.ts';

/**
 * Named timers over the one alarm of an object: rows of `timers(kind, due_at_ms)`. The rows are the truth; the alarm
 * may come early, late, twice or never, and whoever handles it looks here for what is due. A timer stays due until its
 * work is finished, so that a crash in between runs it again.
 */
export class Timers {
  readonly #sql: SqlStore;
  readonly #alarm: AlarmClock;
  /** Timers that were armed since their work began: the end of that work must not take them back. */
  readonly #armedAnew = new Set<string>();

  constructor(ports: { readonly sql: SqlStore; readonly alarm: AlarmClock }) {
    this.#sql = ports.sql;
    this.#alarm = ports.alarm;
  }

  /**
   * Makes `kind` due at `atMs` at the latest; an earlier time stays. Inside the transaction whose effect it belongs to;
   * {@link Timers.armAlarm} follows once that is through.
   */
  arm(kind: string, atMs: number): void {
    this.#armedAnew.add(kind);
    this.#sql.run(
      `INSERT INTO timers VALUES (?, ?)
       ON CONFLICT (kind) DO UPDATE SET due_at_ms = excluded.due_at_ms WHERE excluded.due_at_ms < due_at_ms`,
      kind,
      atMs,
    );
  }

  /** Inside a transaction. */
  cancel(kind: string): void {
    this.#sql.run('DELETE FROM timers WHERE kind = ?', kind);
  }

  /** What is due, the longest overdue first. */
  due(nowMs: number): string[] {
    return this.#sql
      .query<{ kind: string }>('SELECT kind FROM timers WHERE due_at_ms <= ? ORDER BY due_at_ms, kind', nowMs)
      .map(({ kind }) => kind);
  }

  /** When `kind` is due; null when it is not armed. */
  dueMs(kind: string): number | null {
    return (
      this.#sql.query<{ due_at_ms: number }>('SELECT due_at_ms FROM timers WHERE kind = ?', kind)[0]?.due_at_ms ?? null
    );
  }

  /** When the earliest timer is due; null when there is none. */
  nextMs(): number | null {
    return this.#sql.query<{ next: number | null }>('SELECT min(due_at_ms) AS next FROM timers')[0]?.next ?? null;
  }

  /** The work of `kind` begins: what is armed from here on is for another round. */
  begin(kind: string): void {
    this.#armedAnew.delete(kind);
  }

  /** The work of `kind` is done until `nextMs`, or until it is armed again when that is null. Inside a transaction. */
  finish(kind: string, nextMs: number | null): void {
    if (this.#armedAnew.delete(kind)) {
      if (nextMs !== null) this.arm(kind, nextMs);
    } else if (nextMs === null) {
      this.cancel(kind);
    } else {
      this.#sql.run(
        'INSERT INTO timers VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET due_at_ms = excluded.due_at_ms',
        kind,
        nextMs,
      );
    }
  }

  /** Arms the alarm for the earliest timer, if there is one. */
  async armAlarm(): Promise<void> {
    const nextMs = this.nextMs();
    if (nextMs !== null) await this.#alarm.armBy(nextMs);
  }
}

import type { Result } from '../errors/result.ts';
import type { AlarmClock } from '../platform/alarm.ts';
import type { Clock } from '../platform/clock.ts';
import type { SqlStore } from '../platform/sql-store.ts';

/** What another object is to be told. */
export type Errand = {
  /**
   * `cluster`: that it exists. `directory`: how the organization is. `issuer`: whether it vouches for members. `holders`:
   * that rights were taken, to all who hold sockets. `end`: the next part of a cluster's deletion.
   */
  readonly kind: 'cluster' | 'directory' | 'issuer' | 'holders' | 'end';
  /** Which object of the kind. */
  readonly target: string;
};

export type ErrandPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly alarm: AlarmClock;
  /** Does the errand; it may be done again, and what is told is read when it is told. */
  readonly run: (errand: Errand) => Promise<Result<unknown>>;
};

type ErrandRow = { kind: string; target: string; version: number; attempts: number };

/** Errands under way at once: a request has six connections, and one is left for other work. */
const waveSize = 5;

/** Waves in one run, so that it stays within the calls one run may make; the alarm goes on with the rest. */
const wavesPerRun = 50;

const firstRetryMs = 1_000;
const lastRetryMs = 5 * 60 * 1000;

/**
 * Tells other objects what changed: rows written with the change itself, carried out after it, at least once. A change
 * while an errand is under way makes another errand of it.
 */
export class OrganizationOutbox {
  readonly #ports: ErrandPorts;

  constructor(ports: ErrandPorts) {
    this.#ports = ports;
  }

  /** Part of the transaction that changes something. */
  queue({ kind, target }: Errand): void {
    this.#ports.sql.run(
      `INSERT INTO outbox VALUES (?, ?, 1, 0, ?)
       ON CONFLICT (kind, target) DO UPDATE
       SET version = version + 1, attempts = 0, due_at_ms = excluded.due_at_ms`,
      kind,
      target,
      this.#ports.clock.nowMs(),
    );
  }

  /** Whether nobody is left to be told of anything. */
  get isEmpty(): boolean {
    return this.#ports.sql.query('SELECT 1 FROM outbox LIMIT 1').length === 0;
  }

  /** Arms the alarm for the next errand, if there is any. */
  async arm(): Promise<void> {
    const [row] = this.#ports.sql.query<{ next: number | null }>('SELECT MIN(due_at_ms) AS next FROM outbox');
    const nextMs = row?.next ?? null;
    if (nextMs !== null) await this.#ports.alarm.armBy(nextMs);
  }

  /** Runs what is due, a few at a time, and arms the alarm for the rest. */
  async drain(): Promise<void> {
    for (let wave = 0; wave < wavesPerRun; wave += 1) {
      const due = this.#ports.sql.query<ErrandRow>(
        'SELECT kind, target, version, attempts FROM outbox WHERE due_at_ms <= ? ORDER BY due_at_ms LIMIT ?',
        this.#ports.clock.nowMs(),
        waveSize,
      );
      if (due.length === 0) break;
      const outcomes = await Promise.all(due.map((row) => this.#attempt(row)));
      this.#ports.sql.transaction(() => {
        for (const [index, row] of due.entries()) this.#settle(row, outcomes[index] === true);
      });
    }
    await this.arm();
  }

  /** An object that cannot be reached throws: one more reason to try again. */
  async #attempt({ kind, target }: ErrandRow): Promise<boolean> {
    try {
      return (await this.#ports.run({ kind: kind as Errand['kind'], target })).ok;
    } catch {
      return false;
    }
  }

  #settle({ kind, target, version, attempts }: ErrandRow, isDone: boolean): void {
    if (isDone) {
      this.#ports.sql.run('DELETE FROM outbox WHERE kind = ? AND target = ? AND version = ?', kind, target, version);
      return;
    }
    this.#ports.sql.run(
      'UPDATE outbox SET attempts = ?, due_at_ms = ? WHERE kind = ? AND target = ? AND version = ?',
      attempts + 1,
      this.#ports.clock.nowMs() + Math.min(firstRetryMs * 2 ** Math.min(attempts, 20), lastRetryMs),
      kind,
      target,
      version,
    );
  }
}

import type { SqlStore } from '../../platform/sql-store.ts';

/** The state of jobs under way: at most one of a kind, written before its first effect. */
export class JobStore<State> {
  readonly #sql: SqlStore;
  readonly #kind: string;

  constructor(sql: SqlStore, kind: string) {
    this.#sql = sql;
    this.#kind = kind;
  }

  /** Null when no job of this kind is under way. */
  load(): State | null {
    const [row] = this.#sql.query<{ state: string }>('SELECT state FROM jobs WHERE kind = ?', this.#kind);
    return row === undefined ? null : (JSON.parse(row.state) as State);
  }

  /** Inside a transaction. */
  store(state: State): void {
    this.#sql.run('INSERT OR REPLACE INTO jobs VALUES (?, ?)', this.#kind, JSON.stringify(state));
  }

  /** Inside a transaction. */
  clear(): void {
    this.#sql.run('DELETE FROM jobs WHERE kind = ?', this.#kind);
  }
}

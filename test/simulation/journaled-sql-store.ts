import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { assertBindable, assertSynchronous, countParameters } from '../../src/platform/sql-statement.ts';
import type { SqlStore, SqlValue } from '../../src/platform/sql-store.ts';

/** Prepared statements kept: statements that name a segment's table would otherwise pile up. */
const maxPreparedStatements = 128;

type Prepared = { readonly statement: StatementSync; readonly parameterCount: number };

/**
 * The private database of one simulated object: real SQLite whose commits can still be lost. What one turn wrote is
 * one commit, as in a Durable Object. Each commit opens a savepoint that stays open until every commit before it is
 * durable too, so a crash is one ROLLBACK TO the first commit that was not flushed: exactly a prefix of the commits
 * survives.
 */
export class JournaledSqlStore implements SqlStore {
  readonly #database = new DatabaseSync(':memory:');
  readonly #prepared = new Map<string, Prepared>();
  /** Commits whose savepoint is open, oldest first; the first `#durableCount` of them are flushed. */
  #commitCount = 0;
  #durableCount = 0;
  #isTurnOpen = false;
  #depth = 0;
  /** Called before every statement and may throw, as storage does when it fails. */
  onStatement: (isWrite: boolean) => void = () => {};
  /** Called when a turn writes for the first time. */
  onTurnOpened: () => void = () => {};
  statementCount = 0;

  query<Row extends Record<string, SqlValue>>(statement: string, ...bindings: SqlValue[]): Row[] {
    assertBindable(bindings);
    const isWrite = !/^\s*SELECT\b/i.test(statement);
    this.onStatement(isWrite);
    if (isWrite) this.openTurn();
    this.statementCount += 1;
    const prepared = this.#prepare(statement);
    if (prepared.parameterCount !== bindings.length) {
      throw new TypeError(`${bindings.length} values for ${prepared.parameterCount} parameters: ${statement}`);
    }
    // The columns' types are the statement's, which only the caller knows.
    return prepared.statement.all(...bindings) as Row[];
  }

  /** Looks at what is written, from outside of the object: no fault strikes it, and nothing changes. */
  peek<Row extends Record<string, SqlValue>>(statement: string): Row[] {
    return this.#prepare(statement).statement.all() as Row[];
  }

  run(statement: string, ...bindings: SqlValue[]): void {
    this.query(statement, ...bindings);
  }

  transaction<T>(body: () => T): T {
    this.onStatement(false);
    this.openTurn();
    const level = this.#depth;
    this.#execute(`SAVEPOINT level_${level}`);
    this.#depth = level + 1;
    try {
      const returned = body();
      assertSynchronous(returned);
      this.#execute(`RELEASE level_${level}`);
      return returned;
    } catch (error) {
      this.#execute(`ROLLBACK TO level_${level}`);
      this.#execute(`RELEASE level_${level}`);
      throw error;
    } finally {
      this.#depth = level;
    }
  }

  sizeBytes(): number {
    const [row] = this.query<{ bytes: number }>(
      'SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size',
    );
    return row?.bytes ?? 0;
  }

  billedRows(): { readonly read: number; readonly written: number } {
    return { read: 0, written: 0 };
  }

  deleteAll(): Promise<void> {
    for (const name of this.tables()) this.run(`DROP TABLE "${name}"`);
    return Promise.resolve();
  }

  tables(): string[] {
    return this.query<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name);
  }

  /** Whether the turn under way has written. */
  get isTurnOpen(): boolean {
    return this.#isTurnOpen;
  }

  /** Ends a turn: what it wrote becomes a commit that is not durable yet. Answers whether it wrote. */
  endTurn(): boolean {
    if (!this.#isTurnOpen) return false;
    this.#isTurnOpen = false;
    this.#commitCount += 1;
    return true;
  }

  /** The oldest commit that is not durable becomes it. */
  flushOldest(): void {
    this.#durableCount += 1;
    if (this.#durableCount < this.#commitCount || this.#isTurnOpen) return;
    this.#execute('COMMIT');
    this.#commitCount = 0;
    this.#durableCount = 0;
  }

  /** Loses every commit that is not durable, and what the turn under way wrote. */
  rollBackToDurable(): void {
    this.#depth = 0;
    if (!this.#database.isTransaction) return;
    if (this.#durableCount < this.#commitCount || this.#isTurnOpen) {
      this.#execute(`ROLLBACK TO commit_${this.#durableCount}`);
    }
    this.#execute('COMMIT');
    this.#isTurnOpen = false;
    this.#commitCount = 0;
    this.#durableCount = 0;
  }

  close(): void {
    this.#database.close();
  }

  /** Makes what the turn under way changes a commit: of this database, or of what is stored beside it. */
  openTurn(): void {
    if (this.#isTurnOpen) return;
    if (!this.#database.isTransaction) this.#execute('BEGIN');
    this.#execute(`SAVEPOINT commit_${this.#commitCount}`);
    this.#isTurnOpen = true;
    this.onTurnOpened();
  }

  #execute(statement: string): void {
    this.#prepare(statement).statement.run();
  }

  #prepare(statement: string): Prepared {
    const known = this.#prepared.get(statement);
    if (known !== undefined) return known;
    const prepared = { statement: this.#database.prepare(statement), parameterCount: countParameters(statement) };
    if (this.#prepared.size >= maxPreparedStatements) this.#prepared.clear();
    this.#prepared.set(statement, prepared);
    return prepared;
  }
}

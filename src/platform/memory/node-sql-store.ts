import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { assert } from '../../errors/assert.ts';
import { assertBindable, assertSynchronous, countParameters } from '../sql-statement.ts';
import type { SqlStore, SqlValue } from '../sql-store.ts';

/** Prepared statements kept; statements that name a table of their own (a segment's) would otherwise pile up. */
const maxPreparedStatements = 256;

/**
 * SQLite's result codes after which a Durable Object is reset: out of memory, input/output error, corruption, disk
 * full, not a database.
 */
const criticalResultCodes = new Set([7, 10, 11, 13, 26]);

type Prepared = { readonly statement: StatementSync; readonly parameterCount: number };

/**
 * {@link SqlStore} over node:sqlite, for tests and simulation: a file, or `:memory:`. Like a Durable Object, which is
 * reset then, it refuses all further work after a critical error; the data is read again by opening it anew.
 */
export class NodeSqlStore implements SqlStore {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();
  #depth = 0;
  #criticalError: unknown = null;

  constructor(path = ':memory:') {
    this.#database = new DatabaseSync(path);
    this.#database.exec('PRAGMA journal_mode = WAL');
    this.#database.exec('PRAGMA synchronous = FULL');
  }

  query<Row extends Record<string, SqlValue>>(statement: string, ...bindings: SqlValue[]): Row[] {
    assert(this.#criticalError === null, `the store is closed after a critical error: ${String(this.#criticalError)}`);
    assertBindable(bindings);
    const prepared = this.#prepare(statement);
    assert(
      prepared.parameterCount === bindings.length,
      `the statement has ${prepared.parameterCount} parameters, ${bindings.length} were bound: ${statement}`,
    );
    // The columns' types are the statement's, which only the caller knows; copied, since node's rows have no prototype.
    return this.#guarded(() => prepared.statement.all(...bindings).map((row) => ({ ...row }) as Row));
  }

  run(statement: string, ...bindings: SqlValue[]): void {
    this.query(statement, ...bindings);
  }

  transaction<T>(body: () => T): T {
    const level = this.#depth;
    this.#execute(level === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT level_${level}`);
    this.#depth = level + 1;
    try {
      const returned = body();
      assertSynchronous(returned);
      this.#execute(level === 0 ? 'COMMIT' : `RELEASE level_${level}`);
      return returned;
    } catch (error) {
      if (this.#criticalError === null) this.#rollBack(level);
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
    assert(this.#depth === 0, 'deleteAll runs outside transactions');
    this.#prepared.clear();
    for (const { name } of this.query<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")) {
      this.#execute(`DROP TABLE "${name}"`);
    }
    this.#execute('VACUUM');
    return Promise.resolve();
  }

  /** Closes the file, as a restart of the process would. */
  close(): void {
    this.#database.close();
  }

  #prepare(statement: string): Prepared {
    const known = this.#prepared.get(statement);
    if (known !== undefined) return known;
    const parameterCount = countParameters(statement);
    const prepared = this.#guarded(() => ({ statement: this.#database.prepare(statement), parameterCount }));
    if (this.#prepared.size >= maxPreparedStatements) this.#prepared.clear();
    this.#prepared.set(statement, prepared);
    return prepared;
  }

  #execute(statement: string): void {
    assert(this.#criticalError === null, `the store is closed after a critical error: ${String(this.#criticalError)}`);
    this.#guarded(() => this.#database.exec(statement));
  }

  #rollBack(level: number): void {
    if (level > 0) {
      this.#execute(`ROLLBACK TO level_${level}`);
      this.#execute(`RELEASE level_${level}`);
    } else if (this.#database.isTransaction) {
      this.#execute('ROLLBACK');
    }
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (isCritical(error)) this.#criticalError = error;
      throw error;
    }
  }
}

function isCritical(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    criticalResultCodes.has(error.errcode & 0xff)
  );
}

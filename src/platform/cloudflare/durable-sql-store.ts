import { assertBindable, assertSynchronous } from '../sql-statement.ts';
import type { SqlStore, SqlValue } from '../sql-store.ts';

/** What the store needs of `ctx.storage`. */
export type DurableSqlStorage = Pick<DurableObjectStorage, 'sql' | 'transactionSync' | 'deleteAll'>;

/** {@link SqlStore} over the private SQLite database of a Durable Object. */
export class DurableSqlStore implements SqlStore {
  readonly #storage: DurableSqlStorage;
  readonly #sql: SqlStorage;
  #rowsRead = 0;
  #rowsWritten = 0;

  constructor(storage: DurableSqlStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  query<Row extends Record<string, SqlValue>>(statement: string, ...bindings: SqlValue[]): Row[] {
    const rows = this.#execute(statement, bindings);
    for (const row of rows) {
      for (const column in row) {
        const value = row[column];
        if (value instanceof ArrayBuffer) Object.assign(row, { [column]: new Uint8Array(value) });
      }
    }
    // The columns' types are the statement's, which only the caller knows.
    return rows as unknown as Row[];
  }

  run(statement: string, ...bindings: SqlValue[]): void {
    this.#execute(statement, bindings);
  }

  transaction<T>(body: () => T): T {
    return this.#storage.transactionSync(() => {
      const returned = body();
      assertSynchronous(returned);
      return returned;
    });
  }

  sizeBytes(): number {
    return this.#sql.databaseSize;
  }

  billedRows(): { readonly read: number; readonly written: number } {
    return { read: this.#rowsRead, written: this.#rowsWritten };
  }

  async deleteAll(): Promise<void> {
    await this.#storage.deleteAll();
  }

  #execute(statement: string, bindings: SqlValue[]): Record<string, SqlStorageValue>[] {
    assertBindable(bindings);
    const cursor = this.#sql.exec(statement, ...bindings);
    const rows = cursor.toArray();
    this.#rowsRead += cursor.rowsRead;
    this.#rowsWritten += cursor.rowsWritten;
    return rows;
  }
}

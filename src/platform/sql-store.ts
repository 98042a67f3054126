/** What may be bound to a `?`: other values behave differently in the two engines, so they are refused. */
export type SqlValue = null | number | string | Uint8Array;

/**
 * Synchronous SQL over one object's private database. One statement a call, `?` parameters only, every write inside
 * {@link SqlStore.transaction}. Blobs come back as Uint8Array; integers must be safe integers.
 */
export interface SqlStore {
  /** Runs one statement and returns all rows; the cursor is always drained, since an open one breaks DROP TABLE and commits. */
  query<Row extends Record<string, SqlValue>>(statement: string, ...bindings: SqlValue[]): Row[];
  /** Runs one statement for its effect. */
  run(statement: string, ...bindings: SqlValue[]): void;
  /** Runs `body` atomically: a throw undoes every write in it. `body` must not be async. */
  transaction<T>(body: () => T): T;
  /** Bytes the database takes on disk. */
  sizeBytes(): number;
  /** Billed rows since this store was made; zero in engines that do not count them. */
  billedRows(): { readonly read: number; readonly written: number };
  /** Frees everything the object has stored. */
  deleteAll(): Promise<void>;
}

import { limits } from '../../limits.ts';
import type { SqlStore } from '../../platform/sql-store.ts';

/**
 * How long an object stays after the last reference to it went: readers hold plans that name it, and a store that is
 * rolled back to an earlier moment refers to it again.
 */
export const objectGraceMs = limits.unreferencedObjectMs.value;

/** Objects that nothing refers to any more, with the time from which they may be deleted. */
export class ObjectTombstones {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** Inside the transaction that stops referring to the object; the `object-deletion` timer is armed in it too. */
  add(objectKey: string, deleteAfterMs: number): void {
    this.#sql.run('INSERT OR IGNORE INTO object_tombstones VALUES (?, ?)', objectKey, deleteAfterMs);
  }

  /** Up to `count` keys that may be deleted by now. */
  due(nowMs: number, count: number): string[] {
    return this.#sql
      .query<{ object_key: string }>(
        'SELECT object_key FROM object_tombstones WHERE delete_after_ms <= ? ORDER BY delete_after_ms LIMIT ?',
        nowMs,
        count,
      )
      .map((row) => row.object_key);
  }

  /** When the next object may be deleted; null when none waits. */
  nextMs(): number | null {
    const [row] = this.#sql.query<{ next: number | null }>(
      'SELECT min(delete_after_ms) AS next FROM object_tombstones',
    );
    return row?.next ?? null;
  }

  /** Inside a transaction. */
  remove(objectKeys: readonly string[]): void {
    for (const key of objectKeys) this.#sql.run('DELETE FROM object_tombstones WHERE object_key = ?', key);
  }
}

import { failed, ok, type Result } from '../errors/result.ts';
import { type Caps, checkCap } from '../limits/caps.ts';
import { limits } from '../limits.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { ListTopicsRequest } from './catalog-rpc.ts';

/** Above every text that begins with the prefix it follows. */
const afterAllCharacters = '\u{10ffff}';

/**
 * The cluster's list of transactional ids. Only that they exist: what their transactions do changes many times a
 * second, and is asked of their coordinators. Writes are called inside a transaction.
 */
export class TransactionalIdRegistry {
  readonly #sql: SqlStore;
  readonly #caps: () => readonly Caps[];

  constructor(sql: SqlStore, caps: () => readonly Caps[]) {
    this.#sql = sql;
    this.#caps = caps;
  }

  register(transactionalId: string): Result<null> {
    const known = this.#sql.query(
      'SELECT 1 AS found FROM transactional_id WHERE transactional_id = ?',
      transactionalId,
    );
    if (known.length > 0) return ok(null);
    const [row] = this.#sql.query<{ count: number }>('SELECT COUNT(*) AS count FROM transactional_id');
    const capped = checkCap('transactionalIds', (row?.count ?? 0) + 1, ...this.#caps());
    if (!capped.ok) return capped;
    this.#sql.run('INSERT INTO transactional_id (transactional_id) VALUES (?)', transactionalId);
    return ok(null);
  }

  /** At most `limit` of those whose coordinators are due to be woken, which then are due again at `nextSweepAtMs`. */
  takeDue(nowMs: number, nextSweepAtMs: number, limit: number): string[] {
    const rows = this.#sql.query<{ transactional_id: string }>(
      `UPDATE transactional_id SET sweep_at_ms = ? WHERE transactional_id IN (
         SELECT transactional_id FROM transactional_id WHERE sweep_at_ms <= ? ORDER BY sweep_at_ms LIMIT ?
       ) RETURNING transactional_id`,
      nextSweepAtMs,
      nowMs,
      limit,
    );
    return rows.map((row) => row.transactional_id);
  }

  unregister(transactionalId: string): void {
    this.#sql.run('DELETE FROM transactional_id WHERE transactional_id = ?', transactionalId);
  }

  list({ prefix, after, limit }: ListTopicsRequest): Result<{ transactionalIds: string[]; next: string | null }> {
    const { max } = limits.transactionalIdsPerPage;
    if (!Number.isInteger(limit) || limit < 1 || limit > max) {
      return failed('INVALID_REQUEST', `A page of transactions holds from 1 to ${max} of them, not ${limit}.`, { max });
    }
    const rows = this.#sql.query<{ transactional_id: string }>(
      `SELECT transactional_id FROM transactional_id
       WHERE transactional_id >= ? AND transactional_id < ? AND transactional_id > ? ORDER BY transactional_id LIMIT ?`,
      prefix,
      `${prefix}${afterAllCharacters}`,
      after ?? '',
      limit + 1,
    );
    const transactionalIds = rows.slice(0, limit).map((row) => row.transactional_id);
    return ok({ transactionalIds, next: rows.length > limit ? (transactionalIds.at(-1) ?? null) : null });
  }
}

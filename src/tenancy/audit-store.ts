import type { SqlStore } from '../platform/sql-store.ts';
import { type AuditEntry, type AuditOutcome, type ChainHead, chainStart } from './audit-chain.ts';

type EntryRow = {
  sequence: number;
  at_ms: number;
  principal: string | null;
  host: string | null;
  action: string;
  resource: string;
  outcome: string;
  count: number;
  previous_hash: string;
  hash: string;
};

/** Which entries are meant: a field that is null means any. */
export type AuditFilter = {
  readonly principal: string | null;
  readonly action: string | null;
  readonly outcome: AuditOutcome | null;
};

/** A stretch of the log, both ends included. */
export type AuditRange = { readonly from: number; readonly to: number };

/** The rows of the audit log: SQL only, no decisions. Writes are called inside a transaction. */
export class AuditStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  head(): ChainHead {
    const [row] = this.#sql.query<{ sequence: number; hash: string }>(
      'SELECT sequence, hash FROM audit_entry ORDER BY sequence DESC LIMIT 1',
    );
    return row ?? { sequence: 0, hash: chainStart };
  }

  /** The oldest entry that is kept; one beyond the head of an empty log. */
  firstSequence(): number {
    const [row] = this.#sql.query<{ first: number | null }>('SELECT MIN(sequence) AS first FROM audit_entry');
    return row?.first ?? 1;
  }

  append(entry: AuditEntry): void {
    this.#sql.run(
      'INSERT INTO audit_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      entry.sequence,
      entry.at,
      entry.principal,
      entry.host,
      entry.action,
      entry.resource,
      entry.outcome,
      entry.count,
      entry.previous_hash,
      entry.hash,
    );
  }

  deleteBefore(sequence: number): void {
    this.#sql.run('DELETE FROM audit_entry WHERE sequence < ?', sequence);
  }

  /** At most `limit` entries of the range that the filter means, from whichever end. */
  list({ from, to }: AuditRange, filter: AuditFilter, order: 'oldest' | 'newest', limit: number): AuditEntry[] {
    const { principal, action, outcome } = filter;
    return this.#sql
      .query<EntryRow>(
        `SELECT * FROM audit_entry WHERE sequence BETWEEN ? AND ?
         AND (? IS NULL OR principal = ?) AND (? IS NULL OR action = ?) AND (? IS NULL OR outcome = ?)
         ORDER BY sequence ${order === 'oldest' ? 'ASC' : 'DESC'} LIMIT ?`,
        from,
        to,
        principal,
        principal,
        action,
        action,
        outcome,
        outcome,
        limit,
      )
      .map(entryOf);
  }
}

function entryOf({ at_ms, outcome, ...row }: EntryRow): AuditEntry {
  const { sequence, principal, host, action, resource, count, previous_hash, hash } = row;
  return {
    sequence,
    at: at_ms,
    principal,
    host,
    action,
    resource,
    outcome: outcome as AuditOutcome,
    count,
    previous_hash,
    hash,
  };
}

import type { SqlStore } from '../../platform/sql-store.ts';
import { AbortedRanges } from './aborted-ranges.ts';
import type { AbortedTransaction, OpenTransaction } from './open-transaction.ts';
import type { TransactionChanges } from './transaction-plan.ts';

/**
 * The transactions of a partition: those that are open, in memory too, and the index of those that were aborted. The
 * index stays here when segments move to objects, and its rows go with the records they are about.
 */
export class TransactionStore {
  readonly #sql: SqlStore;
  /** By producer, in the order of their first offsets. */
  #open: ReadonlyMap<number, OpenTransaction>;
  #hasAborted: boolean | null = null;

  constructor(sql: SqlStore) {
    this.#sql = sql;
    const open = sql.query<OpenTransaction>(
      `SELECT producer_id AS producerId, transaction_number AS transactionNumber, first_offset AS firstOffset
       FROM open_transactions ORDER BY first_offset`,
    );
    this.#open = new Map(open.map((transaction) => [transaction.producerId, transaction]));
  }

  get open(): ReadonlyMap<number, OpenTransaction> {
    return this.#open;
  }

  /** The first offset of the oldest open transaction; null when none is open. */
  get firstUnstableOffset(): number | null {
    if (this.#open.size === 0) return null;
    return this.#open.values().next().value?.firstOffset ?? null;
  }

  /** Inside a transaction; call {@link TransactionStore.adopt} once it has committed. */
  write({ begun, ended, aborted }: TransactionChanges): void {
    // Ended first: the flush may have begun the producer's next one.
    for (const producerId of ended) {
      if (this.#open.has(producerId)) {
        this.#sql.run('DELETE FROM open_transactions WHERE producer_id = ?', producerId);
      }
    }
    for (const { producerId, transactionNumber, firstOffset } of begun) {
      this.#sql.run('INSERT INTO open_transactions VALUES (?, ?, ?)', producerId, transactionNumber, firstOffset);
    }
    for (const { lastOffset, firstOffset, producerId, lastStableOffset } of aborted) {
      this.#sql.run(
        'INSERT INTO aborted_transactions VALUES (?, ?, ?, ?)',
        lastOffset,
        firstOffset,
        producerId,
        lastStableOffset,
      );
    }
  }

  adopt({ begun, ended, aborted }: TransactionChanges): void {
    if (begun.length === 0 && ended.length === 0) return;
    const open = new Map(this.#open);
    for (const producerId of ended) open.delete(producerId);
    for (const transaction of begun) open.set(transaction.producerId, transaction);
    this.#open = open;
    if (aborted.length > 0) this.#hasAborted = true;
  }

  /** Those with an offset from `from` up to, not including, `to`; in the order of their first offsets. */
  aborted(from: number, to: number): AbortedTransaction[] {
    if (from >= to || !this.#anyAborted()) return [];
    // Rows are in the order of their markers, and so is the last stable offset in them: the first row beyond which
    // nothing begins below `to` ends the search.
    return this.#sql.query<AbortedTransaction>(
      `SELECT producer_id AS producerId, first_offset AS firstOffset, last_offset AS lastOffset
       FROM aborted_transactions
       WHERE last_offset >= ? AND first_offset < ? AND last_offset <= coalesce(
         (SELECT last_offset FROM aborted_transactions WHERE last_offset >= ? AND last_stable_offset >= ?
          ORDER BY last_offset LIMIT 1), 9007199254740991)
       ORDER BY first_offset`,
      from,
      to,
      from,
      to,
    );
  }

  /** As {@link TransactionStore.aborted}, for telling which batches are of them. */
  abortedRanges(from: number, to: number): AbortedRanges {
    return new AbortedRanges(this.aborted(from, to));
  }

  /** Forgets what was aborted below the log's start. */
  prune(logStartOffset: number): void {
    if (!this.#anyAborted()) return;
    this.#sql.transaction(() =>
      this.#sql.run('DELETE FROM aborted_transactions WHERE last_offset < ?', logStartOffset),
    );
    this.#hasAborted = null;
  }

  /** Asked once, so that a log without aborted transactions pays nothing for the index. */
  #anyAborted(): boolean {
    this.#hasAborted ??= this.#sql.query('SELECT 1 AS found FROM aborted_transactions LIMIT 1').length > 0;
    return this.#hasAborted;
  }
}

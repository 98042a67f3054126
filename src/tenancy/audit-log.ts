import { assert } from '../errors/assert.ts';
import { limits } from '../limits.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { type AuditEntry, type ChainHead, hashAuditEntry, type Sha256 } from './audit-chain.ts';
import type { AuditEvent, AuditSink } from './audit-sink.ts';
import { type AuditFilter, AuditStore } from './audit-store.ts';
import { HourShares, outcomeOf, type SummedAct } from './summed-acts.ts';

export type ListAuditRequest = {
  readonly filter: AuditFilter;
  readonly order: 'oldest' | 'newest';
  /** Where the page before ended; null for the first page. */
  readonly after: number | null;
  readonly limit: number;
};

export type AuditPage = {
  readonly entries: readonly AuditEntry[];
  /** Where the next page goes on; null at the end. A page may be empty and still have a next one. */
  readonly next: number | null;
  /** The newest entry there is, filtered or not. */
  readonly head: ChainHead;
};

/** Entries that one page looks at: a filter that means few of them must not make one call read a whole log. */
const scannedPerPage = 10_000;

/** A report of an edge has no more; the sums of the rest are in its last row. */
const actsPerReport = 100;

/** What is written of a path or a name that somebody made up. */
const maxResourceCharacters = 500;

/**
 * The audit log of an organization: a hash chain, so that no entry can be changed, left out or put in without every
 * later hash being another. Appending is part of the caller's transaction.
 */
export class AuditLog implements AuditSink {
  readonly #store: AuditStore;
  readonly #sha256: Sha256;
  readonly #shares = new HourShares();

  constructor(sql: SqlStore, sha256: Sha256) {
    this.#store = new AuditStore(sql);
    this.#sha256 = sha256;
  }

  record({ atMs, ...event }: AuditEvent): void {
    this.#append({ ...event, at: atMs, count: 1 });
  }

  /** Writes down what an edge counted. What is beyond the hour's share becomes one entry in the next hour. */
  recordSums(acts: readonly SummedAct[], nowMs: number): void {
    for (const { kind, count, resource } of this.#shares.unlistedBefore(nowMs)) {
      const outcome = outcomeOf(kind);
      this.#append({ at: nowMs, principal: null, host: null, action: 'unlisted', resource, outcome, count });
    }
    for (const [index, { kind, count, ...act }] of acts.entries()) {
      assert(Number.isSafeInteger(count) && count > 0, 'what is counted happened at least once');
      if (index >= actsPerReport) this.#shares.leaveOut(kind, count, nowMs);
      else if (this.#shares.takes(kind, count, nowMs)) {
        this.#append({ ...act, outcome: outcomeOf(kind), at: nowMs, count });
      }
    }
  }

  list({ filter, order, after, limit }: ListAuditRequest): AuditPage {
    const head = this.#store.head();
    const [first, last] = [this.#store.firstSequence(), head.sequence];
    const isUp = order === 'oldest';
    const start = isUp ? Math.max(first, (after ?? 0) + 1) : Math.min(last, (after ?? last + 1) - 1);
    const end = isUp ? Math.min(last, start + scannedPerPage - 1) : Math.max(first, start - scannedPerPage + 1);
    const range = isUp ? { from: start, to: end } : { from: end, to: start };
    const entries = range.from > range.to ? [] : this.#store.list(range, filter, order, limit);
    const reached = entries.length === limit ? entries[limit - 1]!.sequence : end;
    const isMore = isUp ? reached < last : reached > first;
    return { entries, next: isMore ? reached : null, head };
  }

  #append(event: Omit<AuditEntry, 'sequence' | 'previous_hash' | 'hash'>): void {
    const head = this.#store.head();
    const sequence = head.sequence + 1;
    const resource = event.resource.slice(0, maxResourceCharacters).toWellFormed();
    const entry = { ...event, resource, sequence, previous_hash: head.hash };
    this.#store.append({ ...entry, hash: hashAuditEntry(entry, this.#sha256) });
    const firstKept = sequence - limits.auditEntriesPerOrganization.value + 1;
    if (firstKept > 1) this.#store.deleteBefore(firstKept);
  }
}

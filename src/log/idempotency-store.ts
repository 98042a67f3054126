import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { AppendedRange, IdempotencyClaim } from './partition-rpc.ts';

/** How long an Idempotency-Key is remembered. */
export const idempotencyRetentionMs = limits.idempotencyMemoryMs.value;

/** How many keys a partition remembers; the oldest are forgotten beyond it. */
export const idempotencyKeysPerPartition = limits.idempotencyKeysPerPartition.value;

/** The first request under a key: what it was answered, and when it came. */
export type FirstAnswer = {
  readonly bodyHash: string;
  readonly ranges: readonly AppendedRange[];
  readonly requestedAtMs: number;
};

/** The answers that a retry under the same Idempotency-Key gets again. */
export class IdempotencyStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** The first answer under this key, null when the key is new, a failure when the key came with another body. */
  find(claim: IdempotencyClaim, nowMs: number): Result<FirstAnswer | null> {
    const row = this.#sql.query<{ body_hash: string; ranges: string; created_at_ms: number }>(
      'SELECT body_hash, ranges, created_at_ms FROM idempotency WHERE key_hash = ? AND created_at_ms >= ?',
      claim.keyHash,
      nowMs - idempotencyRetentionMs,
    )[0];
    if (row === undefined) return ok(null);
    const ranges = JSON.parse(row.ranges) as AppendedRange[];
    return matchClaim(claim, { bodyHash: row.body_hash, ranges, requestedAtMs: row.created_at_ms });
  }

  /** Inside the transaction that appends the records. */
  write(claim: IdempotencyClaim, ranges: readonly AppendedRange[]): void {
    this.#sql.run(
      'INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?)',
      claim.keyHash,
      claim.bodyHash,
      JSON.stringify(ranges),
      claim.requestedAtMs,
    );
  }

  prune(nowMs: number): void {
    this.#sql.transaction(() => {
      this.#sql.run('DELETE FROM idempotency WHERE created_at_ms < ?', nowMs - idempotencyRetentionMs);
      this.#sql.run(
        'DELETE FROM idempotency WHERE key_hash IN (SELECT key_hash FROM idempotency ORDER BY created_at_ms DESC LIMIT -1 OFFSET ?)',
        idempotencyKeysPerPartition,
      );
    });
  }
}

/** What version 1 stored of a request did not say over how many partitions it was divided. */
const isOfSchemaOne = (first: FirstAnswer, { bodyHash }: IdempotencyClaim): boolean =>
  !first.bodyHash.includes('/') && bodyHash.startsWith(`${first.bodyHash}/`);

/** What a claim is answered with when its key was used before, by a stored row or earlier in the same flush. */
export function matchClaim(claim: IdempotencyClaim, first: FirstAnswer): Result<FirstAnswer> {
  if (first.bodyHash === claim.bodyHash || isOfSchemaOne(first, claim)) return ok(first);
  return failed(
    'IDEMPOTENCY_KEY_REUSED',
    'This Idempotency-Key was used within the last 24 hours for a request with another body, or before partitions were added to the topic; use a new key for a new request.',
  );
}

import { failed, ok, type Result } from '../../errors/result.ts';
import type { ProducerEntry } from '../producer-state.ts';
import type { BatchHeader } from '../record-batch.ts';
import type { TransactionClaim } from './transaction-marker.ts';

/** A transaction that has records in this log and no marker yet. */
export type OpenTransaction = {
  readonly producerId: number;
  readonly transactionNumber: number;
  /** Of its first batch: what a committed reader sees ends there. */
  readonly firstOffset: number;
};

/** A transaction whose records in this log are never shown to a committed reader. */
export type AbortedTransaction = {
  readonly producerId: number;
  readonly firstOffset: number;
  /** The offset of its marker. */
  readonly lastOffset: number;
};

/**
 * Whether a batch with a producer id may be appended now, as far as transactions go; its epoch and sequence were judged
 * before. A batch outside of a transaction never lands inside of one, nor the other way round. TRANSACTION_UNVERIFIED
 * when the coordinator is to be asked.
 */
export function judgeTransaction(
  header: BatchHeader,
  claim: TransactionClaim | null,
  entry: ProducerEntry | null,
  open: OpenTransaction | undefined,
): Result<null> {
  if (!header.isTransactional) {
    return open === undefined
      ? ok(null)
      : invalidState(
          `Producer ${header.producerId} has a transaction open here, and the batch is not marked as part of it`,
        );
  }
  if (claim === null || claim.producerId !== header.producerId || claim.producerEpoch !== header.producerEpoch) {
    return invalidState(
      'The batch is marked transactional, but was not sent in a transaction; send it without the mark',
    );
  }
  const { transactionNumber } = claim;
  if (open !== undefined) {
    const isOther = transactionNumber !== null && transactionNumber !== open.transactionNumber;
    // A newer epoch writes only after the marker of the one before it, which is on its way.
    return isOther || entry?.producerEpoch !== header.producerEpoch ? notEnded() : ok(null);
  }
  const isKnownEnded = transactionNumber !== null && transactionNumber <= (entry?.endedTransaction ?? 0);
  return transactionNumber === null || isKnownEnded ? unverified() : ok(null);
}

function invalidState(why: string): Result<never> {
  return failed('INVALID_TXN_STATE', `${why}.`);
}

function notEnded(): Result<never> {
  return failed(
    'CONCURRENT_TRANSACTIONS',
    'The transaction before this one is still being ended in this partition; retry in a moment.',
  );
}

function unverified(): Result<never> {
  return failed(
    'TRANSACTION_UNVERIFIED',
    'The partition does not know the transaction yet; nothing was stored. Add the partition to the transaction and retry.',
  );
}

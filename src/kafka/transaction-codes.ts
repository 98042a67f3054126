import type { ErrorCode } from '../errors/error-codes.ts';
import { errorTable } from '../errors/error-codes.ts';
import type { Failure } from '../errors/result.ts';
import { wireErrorOf } from './wire-error.ts';

/** From these versions on a client of the coordinator tells being fenced from an epoch that is out of date (KIP-588). */
export const fencedFrom = { initProducerId: 4, addPartitionsToTxn: 2, addOffsetsToTxn: 2, endTxn: 2 } as const;

/** From these versions on a client knows TRANSACTION_ABORTABLE (KIP-1050). */
const abortableFrom = { produce: 11, txnOffsetCommit: 4 } as const;

/** From these versions on what is written adds itself to the transaction (KIP-890, transaction.version 2). */
export const addsItselfFrom = { produce: 12, txnOffsetCommit: 5 } as const;

/** From this version of EndTxn on a transaction's end gives the next one an epoch of its own (KIP-890). */
export const bumpsEpochFrom = 5;

/** A failure of the coordinator, as the client of this version knows it. */
export function coordinatorCode(api: keyof typeof fencedFrom, version: number, failure: Failure): number {
  return failure.code === 'PRODUCER_FENCED' && version < fencedFrom[api]
    ? numberOf('INVALID_PRODUCER_EPOCH')
    : wireErrorOf(failure);
}

/** What appending in a transaction failed with, or committing offsets in it. */
export function participantCode(api: keyof typeof abortableFrom, version: number, failure: Failure): number {
  const { code } = failure;
  // Only the coordinator fences (ReplicaManager, AddPartitionsToTxnManager).
  if (code === 'PRODUCER_FENCED') return numberOf('INVALID_PRODUCER_EPOCH');
  if (code === 'INVALID_TXN_STATE' && version >= abortableFrom[api]) return numberOf('TRANSACTION_ABORTABLE');
  // Clients know a stale epoch of KIP-848 here as a generation that is over (OffsetMetadataManager, up to version 5).
  if (code === 'FENCED_MEMBER_EPOCH') return numberOf('ILLEGAL_GENERATION');
  // Earlier clients meet it nowhere but at the coordinator, and take it for the end; this code has them try again.
  if (code === 'CONCURRENT_TRANSACTIONS' && version < addsItselfFrom[api]) return numberOf(retriedInstead[api]);
  return wireErrorOf(failure);
}

const retriedInstead = {
  produce: 'NOT_ENOUGH_REPLICAS',
  txnOffsetCommit: 'COORDINATOR_LOAD_IN_PROGRESS',
} as const satisfies Record<keyof typeof abortableFrom, ErrorCode>;

const numberOf = (code: ErrorCode): number => errorTable[code].number;

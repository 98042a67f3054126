import type { TransactionProducer } from './transaction-rpc.ts';

/** Kafka's states of a transaction (org.apache.kafka.coordinator.transaction.TransactionState). */
export const transactionPhases = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
] as const;

export type TransactionPhase = (typeof transactionPhases)[number];

/** A partition that takes part; by the id of its topic, since a topic of the same name may be another one. */
export type TransactionPartition = { readonly topic: string; readonly topicId: string; readonly partition: number };

/** A decision that not everybody is known to have heard of. */
export type PreparedMarkers = {
  /** The producer as the markers name it. */
  readonly producer: TransactionProducer;
  readonly committed: boolean;
};

/** How a transaction was ended by its producer: what a repeat of that call is recognised by. */
export type LastEnd = { readonly producer: TransactionProducer; readonly committed: boolean };

/** Everything a coordinator decides by. Immutable: a decision makes a new one. */
export type TransactionState = {
  readonly phase: TransactionPhase;
  /** What the producer works with, or goes on with once the markers are written. */
  readonly producer: TransactionProducer;
  readonly timeoutMs: number;
  /** Of the transaction under way, or of the last one; 0 before the first. Only grows, whatever the producer's id. */
  readonly transactionNumber: number;
  readonly partitions: readonly TransactionPartition[];
  readonly groupIds: readonly string[];
  /** When the transaction under way began; null when none is. */
  readonly startedAtMs: number | null;
  readonly updatedAtMs: number;
  /** Set in the two Prepare phases, and only there. */
  readonly prepared: PreparedMarkers | null;
  readonly lastEnd: LastEnd | null;
  /** What a producer held when it last asked for a new epoch itself: the repeat of a lost answer gets it again. */
  readonly bumpedFrom: TransactionProducer | null;
};

export function isSameProducer(one: TransactionProducer | null, other: TransactionProducer): boolean {
  return one !== null && one.producerId === other.producerId && one.producerEpoch === other.producerEpoch;
}

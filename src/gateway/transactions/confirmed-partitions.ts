import type { Clock } from '../../platform/clock.ts';
import type { TransactionRef } from '../../transactions/transaction-ref.ts';
import type { TransactionProducer } from '../../transactions/transaction-rpc.ts';
import { isSameProducer, type TransactionPartition } from '../../transactions/transaction-state.ts';

/**
 * What was confirmed is taken to hold for so long. A partition knows by itself a transaction that is over, as long as it
 * remembers the producer, which is a day.
 */
const lifetimeMs = 5_000;

/** Transactions that an isolate remembers; beyond it the memory starts anew. */
const transactionsMax = 1_000;

type Confirmed = {
  readonly producer: TransactionProducer;
  readonly transactionNumber: number;
  /** Until when, by partition. */
  readonly partitions: Map<string, number>;
};

/**
 * Which partitions take part in which transactions, as coordinators said lately: an isolate's cache, so that most batches
 * need no question. What it says wrongly the partition refuses with TRANSACTION_UNVERIFIED.
 */
export class ConfirmedPartitions {
  readonly #clock: Clock;
  readonly #transactions = new Map<string, Confirmed>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The number of the transaction; null when the coordinator is to be asked. */
  find(ref: TransactionRef, producer: TransactionProducer, partition: TransactionPartition): number | null {
    const known = this.#transactions.get(keyOf(ref));
    if (known === undefined || !isSameProducer(known.producer, producer)) return null;
    const untilMs = known.partitions.get(placeOf(partition)) ?? 0;
    return this.#clock.nowMs() < untilMs ? known.transactionNumber : null;
  }

  learn(
    ref: TransactionRef,
    producer: TransactionProducer,
    partitions: readonly TransactionPartition[],
    transactionNumber: number,
  ): void {
    const key = keyOf(ref);
    let known = this.#transactions.get(key);
    if (known?.transactionNumber !== transactionNumber || !isSameProducer(known.producer, producer)) {
      if (this.#transactions.size >= transactionsMax) this.#transactions.clear();
      known = { producer, transactionNumber, partitions: new Map() };
      this.#transactions.set(key, known);
    }
    const untilMs = this.#clock.nowMs() + lifetimeMs;
    for (const partition of partitions) known.partitions.set(placeOf(partition), untilMs);
  }
}

const keyOf = ({ orgId, clusterId, transactionalId }: TransactionRef): string =>
  JSON.stringify([orgId, clusterId, transactionalId]);

const placeOf = ({ topicId, partition }: TransactionPartition): string => `${topicId} ${partition}`;

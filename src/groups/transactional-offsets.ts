import { failed, ok, type Result } from '../errors/result.ts';
import type { TransactionClaim, TransactionMarker } from '../log/transactions/transaction-marker.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { type PartitionKey, partitionKey } from './assignors/assignor.ts';
import type { CommittedOffset, DecidedCommit } from './committed-offset.ts';

/** An offset that becomes the group's when its transaction is committed. */
export type PendingOffset = DecidedCommit & { readonly producerId: number; readonly transactionNumber: number };

/** What a group remembers of a producer whose transactions had offsets in it. */
type ProducerRow = {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The number of its last transaction that was ended here; 0 when none was. */
  readonly endedTransaction: number;
};

/** What a command changes here; the two lists belong to one producer. */
export type TransactionalChange = {
  readonly producer: ProducerRow;
  readonly pending: readonly PendingOffset[];
  /** Set when its transaction ended: nothing of it is pending any more. */
  readonly isEnded: boolean;
};

/** A producer that committed no offsets in a transaction for so long is forgotten (Kafka's transactional.id.expiration.ms). */
const producerExpirationMs = 7 * 24 * 60 * 60 * 1000;

/**
 * The offsets of a group that wait for the end of a transaction, and what is known of those who wrote them: as a
 * partition knows its producers, so that neither a late commit nor a late marker ever touches another transaction.
 */
export class TransactionalOffsets {
  readonly #sql: SqlStore;
  readonly #pending = new Map<number, readonly PendingOffset[]>();
  readonly #producers = new Map<number, ProducerRow>();

  constructor(sql: SqlStore) {
    this.#sql = sql;
    for (const pending of this.#load()) {
      this.#pending.set(pending.producerId, [...(this.#pending.get(pending.producerId) ?? []), pending]);
    }
    const producers = sql.query<ProducerRow>(
      `SELECT producer_id AS producerId, producer_epoch AS producerEpoch, ended_transaction AS endedTransaction
       FROM transaction_producer`,
    );
    for (const producer of producers) this.#producers.set(producer.producerId, producer);
  }

  /** Partitions whose committed offset may be about to change. */
  get pendingKeys(): ReadonlySet<PartitionKey> {
    const keys = new Set<PartitionKey>();
    for (const pending of this.#pending.values()) {
      for (const { topicId, partition } of pending) keys.add(partitionKey(topicId, partition));
    }
    return keys;
  }

  /**
   * What keeping these commits changes. INVALID_PRODUCER_EPOCH for a producer that was fenced; TRANSACTION_UNVERIFIED when
   * the coordinator is to be asked first.
   */
  decideCommit(claim: TransactionClaim, commits: readonly DecidedCommit[]): Result<TransactionalChange> {
    const { producerId, producerEpoch } = claim;
    const known = this.#producers.get(producerId);
    if (known !== undefined && producerEpoch < known.producerEpoch) return fenced(claim, known.producerEpoch);
    const open = this.#pending.get(producerId)?.[0]?.transactionNumber ?? null;
    const transactionNumber = claim.transactionNumber ?? open;
    if (transactionNumber === null || transactionNumber <= (known?.endedTransaction ?? 0)) return unverified();
    if (open !== null && open !== transactionNumber) return notEnded();
    const producer = { producerId, producerEpoch, endedTransaction: known?.endedTransaction ?? 0 };
    const pending = commits.map((commit) => ({ ...commit, producerId, transactionNumber }));
    return ok({ producer, pending, isEnded: false });
  }

  /** What a marker changes, and the offsets that become the group's; null when it changes nothing. */
  decideMarker(
    marker: TransactionMarker,
  ): { readonly change: TransactionalChange; readonly committed: readonly PendingOffset[] } | null {
    const { producerId, producerEpoch, transactionNumber, committed } = marker;
    const known = this.#producers.get(producerId);
    if (transactionNumber <= (known?.endedTransaction ?? 0)) return null;
    const producer = {
      producerId,
      producerEpoch: Math.max(producerEpoch, known?.producerEpoch ?? 0),
      endedTransaction: transactionNumber,
    };
    const pending = this.#pending.get(producerId) ?? [];
    return { change: { producer, pending: [], isEnded: true }, committed: committed ? pending : [] };
  }

  /** Inside a transaction; then {@link TransactionalOffsets.adopt}. */
  write({ producer, pending, isEnded }: TransactionalChange, nowMs: number): void {
    const known = this.#producers.get(producer.producerId);
    const isKnown =
      known?.producerEpoch === producer.producerEpoch && known.endedTransaction === producer.endedTransaction;
    if (!isKnown) {
      this.#sql.run(
        'INSERT OR REPLACE INTO transaction_producer VALUES (?, ?, ?, ?)',
        producer.producerId,
        producer.producerEpoch,
        producer.endedTransaction,
        nowMs,
      );
      this.#sql.run(
        `DELETE FROM transaction_producer WHERE updated_at_ms < ?
           AND producer_id NOT IN (SELECT producer_id FROM pending_offset)`,
        nowMs - producerExpirationMs,
      );
    }
    if (isEnded) this.#sql.run('DELETE FROM pending_offset WHERE producer_id = ?', producer.producerId);
    for (const { topicId, topic, partition, offset, leaderEpoch, metadata, transactionNumber } of pending) {
      this.#sql.run(
        'INSERT OR REPLACE INTO pending_offset VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        producer.producerId,
        topicId,
        partition,
        topic,
        transactionNumber,
        offset,
        leaderEpoch,
        metadata,
      );
    }
  }

  adopt({ producer, pending, isEnded }: TransactionalChange): void {
    const { producerId } = producer;
    this.#producers.set(producerId, producer);
    if (isEnded) this.#pending.delete(producerId);
    if (pending.length === 0) return;
    const renewed = new Set(pending.map(({ topicId, partition }) => partitionKey(topicId, partition)));
    const kept = (this.#pending.get(producerId) ?? []).filter(
      ({ topicId, partition }) => !renewed.has(partitionKey(topicId, partition)),
    );
    this.#pending.set(producerId, [...kept, ...pending]);
  }

  #load(): PendingOffset[] {
    return this.#sql.query<PendingOffset>(
      `SELECT producer_id AS producerId, topic_id AS topicId, partition, topic,
       transaction_number AS transactionNumber, offset, leader_epoch AS leaderEpoch, metadata
       FROM pending_offset ORDER BY producer_id, topic_id, partition`,
    );
  }
}

/** A pending offset once its transaction is committed. */
export function committedOffsetOf(
  { topicId, partition, offset, metadata, leaderEpoch }: PendingOffset,
  committedAtMs: number,
): CommittedOffset {
  return { topicId, partition, offset, metadata, leaderEpoch, committedAtMs };
}

function fenced({ producerId, producerEpoch }: TransactionClaim, epoch: number): Result<never> {
  return failed(
    'INVALID_PRODUCER_EPOCH',
    `Producer ${producerId} sent epoch ${producerEpoch}, but epoch ${epoch} is in force: a newer instance has taken over.`,
    { producer_id: producerId, producer_epoch: epoch },
  );
}

function unverified(): Result<never> {
  return failed(
    'TRANSACTION_UNVERIFIED',
    'The group does not know the transaction yet; nothing was stored. Add the group to the transaction and retry.',
  );
}

function notEnded(): Result<never> {
  return failed(
    'CONCURRENT_TRANSACTIONS',
    'The transaction before this one is still being ended in this group; retry in a moment.',
  );
}

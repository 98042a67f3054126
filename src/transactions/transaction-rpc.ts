import type { Result } from '../errors/result.ts';
import type { TransactionRef } from './transaction-ref.ts';
import type { TransactionPartition, TransactionPhase } from './transaction-state.ts';

/** A producer of transactions: whoever holds the newest epoch of its id is the one instance that may write. */
export type TransactionProducer = { readonly producerId: number; readonly producerEpoch: number };

export type InitProducerRequest = {
  readonly ref: TransactionRef;
  /** A transaction that takes longer is aborted. */
  readonly timeoutMs: number;
  /** What the caller holds already, to go on after an error of its own (KIP-360); null for a new instance. */
  readonly current: TransactionProducer | null;
};

export type AddParticipantsRequest = {
  readonly ref: TransactionRef;
  readonly producer: TransactionProducer;
  readonly partitions: readonly TransactionPartition[];
  /** Consumer groups whose offsets are committed with the transaction. */
  readonly groupIds: readonly string[];
};

export type EndTransactionRequest = {
  readonly ref: TransactionRef;
  readonly producer: TransactionProducer;
  readonly committed: boolean;
  /** True for clients of KIP-890: each transaction has an epoch of its own, and the answer is the next one's. */
  readonly bumpsEpoch: boolean;
  /**
   * Which transaction is meant, of a producer whose epoch does not say it: a call that comes late never ends a later one.
   */
  readonly transactionNumber?: number;
};

export type TransactionDescription = {
  readonly transactionalId: string;
  readonly phase: TransactionPhase;
  /** Of the transaction under way, or of the last one. */
  readonly transactionNumber: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  /** When the transaction under way began; null when none is. */
  readonly startedAtMs: number | null;
  readonly partitions: readonly TransactionPartition[];
  readonly groupIds: readonly string[];
};

/** The verbs of a transaction coordinator's object: the only authority on what became of a transaction. */
export interface TransactionRpc {
  /**
   * Gives a transactional id's producer its id and a new epoch, which fences every earlier instance; what such a one
   * left open is aborted first. CONCURRENT_TRANSACTIONS while that takes long; PRODUCER_FENCED when `current` is not
   * the newest any more; INVALID_TRANSACTION_TIMEOUT.
   */
  initProducer(request: InitProducerRequest): Promise<Result<TransactionProducer>>;
  /**
   * Begins the transaction if none is under way, and adds who takes part in it; answers its number, which goes with
   * every first append and marker. May be repeated. INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED,
   * CONCURRENT_TRANSACTIONS.
   */
  addParticipants(request: AddParticipantsRequest): Promise<Result<{ readonly transactionNumber: number }>>;
  /** As above, but adds nobody: INVALID_TXN_STATE unless all of them take part in the transaction under way. */
  verifyParticipants(request: AddParticipantsRequest): Promise<Result<{ readonly transactionNumber: number }>>;
  /**
   * Decides the transaction, once and for all, and tells those who take part; answers what the producer goes on with.
   * May be repeated with the same decision. INVALID_TXN_STATE for the opposite one.
   */
  endTransaction(request: EndTransactionRequest): Promise<Result<TransactionProducer>>;
  /** TRANSACTIONAL_ID_NOT_FOUND. */
  describeTransaction(ref: TransactionRef): Promise<Result<TransactionDescription>>;
  /** Does whatever is due, and sets the alarm anew: for the sweep, which looks after what a lost alarm has left undone. */
  maintain(ref: TransactionRef): Promise<Result<null>>;
  /** Aborts what is under way and forgets the id, because its cluster is deleted. CONCURRENT_TRANSACTIONS until then. */
  end(ref: TransactionRef): Promise<Result<null>>;
  /** Aborts what is under way and fences its producer: for an operator whose producer hangs. */
  abortTransaction(ref: TransactionRef): Promise<Result<TransactionDescription>>;
}

import type { Result } from '../../errors/result.ts';
import type { TransactionRef } from '../../transactions/transaction-ref.ts';
import type {
  AddParticipantsRequest,
  EndTransactionRequest,
  InitProducerRequest,
  TransactionRpc,
} from '../../transactions/transaction-rpc.ts';
import { attemptsMax, failureOf, pauseBeforeRetryMs } from '../broken-call.ts';

/**
 * A transaction's coordinator as an edge calls it, when the object may be moved or reset under the call. Every verb may
 * be repeated: who is added twice takes part once, an end is recognised, and an epoch more fences nobody else.
 */
export class TransactionCaller implements TransactionRpc {
  readonly #connect: (ref: TransactionRef) => TransactionRpc;
  readonly #random: () => number;
  readonly #pause: (ms: number) => Promise<void>;

  /** `connect` makes a new stub for each try: one that broke stays broken. */
  constructor(ports: {
    readonly connect: (ref: TransactionRef) => TransactionRpc;
    readonly random: () => number;
    readonly pause: (ms: number) => Promise<void>;
  }) {
    this.#connect = ports.connect;
    this.#random = ports.random;
    this.#pause = ports.pause;
  }

  initProducer(request: InitProducerRequest) {
    return this.#repeat(request.ref, (coordinator) => coordinator.initProducer(request));
  }

  addParticipants(request: AddParticipantsRequest) {
    return this.#repeat(request.ref, (coordinator) => coordinator.addParticipants(request));
  }

  verifyParticipants(request: AddParticipantsRequest) {
    return this.#repeat(request.ref, (coordinator) => coordinator.verifyParticipants(request));
  }

  endTransaction(request: EndTransactionRequest) {
    return this.#repeat(request.ref, (coordinator) => coordinator.endTransaction(request));
  }

  describeTransaction(ref: TransactionRef) {
    return this.#repeat(ref, (coordinator) => coordinator.describeTransaction(ref));
  }

  end(ref: TransactionRef) {
    return this.#once(ref, (coordinator) => coordinator.end(ref));
  }

  maintain(ref: TransactionRef) {
    return this.#once(ref, (coordinator) => coordinator.maintain(ref));
  }

  abortTransaction(ref: TransactionRef) {
    return this.#repeat(ref, (coordinator) => coordinator.abortTransaction(ref));
  }

  async #once<T>(
    ref: TransactionRef,
    attempt: (coordinator: TransactionRpc) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    try {
      return await attempt(this.#connect(ref));
    } catch (thrown) {
      return failureOf(thrown, 'transaction coordinator', 'Repeat it.');
    }
  }

  async #repeat<T>(
    ref: TransactionRef,
    attempt: (coordinator: TransactionRpc) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    let result = await this.#once(ref, attempt);
    for (let tries = 1; tries < attemptsMax && !result.ok && result.error.code === 'UNKNOWN_OUTCOME'; tries += 1) {
      await this.#pause(pauseBeforeRetryMs(tries, this.#random));
      result = await this.#once(ref, attempt);
    }
    return result;
  }
}

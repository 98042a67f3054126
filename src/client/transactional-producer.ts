import type { TransactionProducerJson } from '../contracts/transactions.ts';
import type { GroupConsumer } from './group-consumer.ts';
import { type HttpDoor, type HttpRequest, jsonBody } from './http-door.ts';
import { closedError, MillraceError } from './millrace-error.ts';
import { type RepeatOptions, repeatCall } from './repeated-call.ts';
import { Transaction, type TransactionCalls, transactionPath } from './transaction.ts';

export type TransactionalProducerOptions = RepeatOptions & {
  /** Names this producer over its restarts: whoever starts with the same one ends what was left open, and fences it. */
  readonly transactionalId: string;
  /** A transaction that takes longer is aborted by the platform, and its producer fenced: 60,000 by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};

/** Codes after which another instance, or the timeout, has taken over: this one will never write again. */
const fencedCodes: ReadonlySet<string> = new Set([
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/**
 * Writes in transactions (docs/transactions.md), one after the other: a function's records, and the offsets it says, all
 * of it or none. It holds no connection.
 */
export class TransactionalProducer implements AsyncDisposable {
  readonly transactionalId: string;
  readonly #options: TransactionalProducerOptions;
  readonly #door: HttpDoor;
  readonly #stop = new AbortController();
  #producer: TransactionProducerJson | null = null;
  /** Whether the platform may have a transaction of it that is not ended: the next one begins by ending that. */
  #isUnsettled = true;
  #fenced: MillraceError | null = null;
  #isClosed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: TransactionalProducerOptions, door: HttpDoor) {
    this.transactionalId = options.transactionalId;
    this.#options = options;
    this.#door = door;
  }

  /**
   * Runs `body` in a transaction: committed when it returns, aborted when it throws, and then it throws the same.
   * Resolves with what `body` answered once the commit is durable. Rejects with PRODUCER_FENCED, as everything after it,
   * when another instance has taken over or `timeoutMs` is over; with UNKNOWN_OUTCOME when nobody said for
   * `retryTimeoutMs` whether the commit took place.
   */
  transaction<T>(body: (transaction: Transaction) => T | Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(closedError('the transactional producer'));
    const done = this.#turn.then(() => this.#run(body));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Waits for the transaction under way, and takes no other. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#turn;
    this.#stop.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run<T>(body: (transaction: Transaction) => T | Promise<T>): Promise<T> {
    if (this.#fenced !== null) throw this.#fenced;
    const producer = await this.#begin();
    const members = new Set<GroupConsumer>();
    const transaction = new Transaction(this.#calls(producer), members);
    this.#isUnsettled = true;
    let answer: T;
    try {
      answer = await body(transaction);
      await transaction.settled();
    } catch (thrown) {
      await transaction.settled().catch(() => undefined);
      transaction.end();
      await this.#abort(producer);
      for (const member of members) member.rewind();
      throw this.#fenced ?? thrown;
    }
    transaction.end();
    try {
      await this.#finish(producer, '/commit');
    } catch (thrown) {
      for (const member of members) member.rewind();
      throw isLost(thrown) ? unknownOutcome(thrown) : thrown;
    }
    transaction.committed();
    return answer;
  }

  /** The producer of the next transaction; what an unanswered end left open is ended by asking for a new epoch. */
  async #begin(): Promise<TransactionProducerJson> {
    if (this.#producer !== null && !this.#isUnsettled) return this.#producer;
    const held = this.#producer === null ? {} : withoutId(this.#producer);
    this.#producer = await this.#call<TransactionProducerJson>('/v1/transactions', {
      transactional_id: this.transactionalId,
      timeout_ms: this.#options.timeoutMs,
      ...held,
    });
    return this.#producer;
  }

  async #finish(producer: TransactionProducerJson, end: '/commit' | '/abort'): Promise<void> {
    const path = transactionPath(this.transactionalId, end);
    this.#producer = await this.#call<TransactionProducerJson>(path, withoutId(producer));
    this.#isUnsettled = false;
  }

  /** What made the caller abort counts, not that the abort failed too: the next transaction, or the timeout, ends this one. */
  async #abort(producer: TransactionProducerJson): Promise<void> {
    if (this.#fenced !== null) return;
    await this.#finish(producer, '/abort').catch(() => undefined);
  }

  #calls(producer: TransactionProducerJson): TransactionCalls {
    return {
      producer,
      post: <T>(request: Omit<HttpRequest, 'method'>, check?: (answer: T) => void) =>
        this.#repeat(async () => {
          const answer = await this.#door.json<T>({ method: 'POST', ...request });
          check?.(answer);
          return answer;
        }),
    };
  }

  #call<T>(path: string, body: object): Promise<T> {
    return this.#repeat(() => this.#door.json<T>({ method: 'POST', path, body: jsonBody(body) }));
  }

  async #repeat<T>(call: () => Promise<T>): Promise<T> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const abort = () => this.#stop.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await repeatCall(call, this.#options, this.#stop.signal);
    } catch (thrown) {
      if (thrown instanceof MillraceError && fencedCodes.has(thrown.code)) this.#fenced ??= thrown;
      throw thrown;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}

/** Whether a call may have been carried out all the same. */
const isLost = (thrown: unknown): thrown is MillraceError =>
  thrown instanceof MillraceError && (thrown.status === null || thrown.status >= 500);

function unknownOutcome({ message }: MillraceError): MillraceError {
  return new MillraceError({
    code: 'UNKNOWN_OUTCOME',
    message: `whether the transaction was committed is not known: ${message}`,
    status: null,
  });
}

const withoutId = ({ producer_id, producer_epoch }: TransactionProducerJson) => ({ producer_id, producer_epoch });

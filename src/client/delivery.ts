import { MillraceError } from './millrace-error.ts';

/** Where a record went. */
export type RecordMetadata = {
  readonly partition: number;
  readonly offset: number;
  /** The record's timestamp as it is stored. */
  readonly timestamp: number;
};

/** What became of one call of `send`: its records may travel in several batches to several partitions. */
export class Delivery {
  readonly promise: Promise<RecordMetadata[]>;
  readonly #results: RecordMetadata[];
  readonly #resolve: (results: RecordMetadata[]) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #listeners: (() => void)[] = [];
  #unsettled: number;
  #failedCount = 0;
  #firstError: MillraceError | null = null;

  constructor(recordCount: number) {
    const { promise, resolve, reject } = Promise.withResolvers<RecordMetadata[]>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#unsettled = recordCount;
    this.#results = new Array(recordCount);
  }

  get isSettled(): boolean {
    return this.#unsettled === 0;
  }

  /** Calls back once every record's outcome is known, whatever it is. */
  whenSettled(listener: () => void): void {
    if (this.isSettled) listener();
    else this.#listeners.push(listener);
  }

  acknowledge(index: number, metadata: RecordMetadata): void {
    this.#results[index] = metadata;
    this.#settle(1);
  }

  /** `count` of the records will not be acknowledged. */
  fail(count: number, error: MillraceError): void {
    this.#firstError ??= error;
    this.#failedCount += count;
    this.#settle(count);
  }

  /** Answers the caller early; the records' own outcomes are still awaited by flush. */
  abandon(reason: unknown): void {
    this.#reject(reason);
  }

  #settle(count: number): void {
    this.#unsettled -= count;
    if (this.#unsettled > 0) return;
    if (this.#firstError === null) this.#resolve(this.#results);
    else this.#reject(withAcknowledged(this.#firstError, this.#results.length - this.#failedCount));
    for (const listener of this.#listeners) listener();
  }
}

/** Says in the error how many records of the same call are stored all the same. */
function withAcknowledged(error: MillraceError, acknowledged: number): MillraceError {
  if (acknowledged === 0) return error;
  return new MillraceError({
    code: error.code,
    message: `${error.message} (${acknowledged} other records of the same call are stored)`,
    status: error.status,
    retriable: error.retriable,
    detail: { ...error.detail, acknowledged },
    cause: error,
  });
}

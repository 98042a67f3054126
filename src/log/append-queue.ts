import { failed, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { CommitPacer } from '../platform/commit-pacer.ts';
import type { CheckedAppend } from './append-plan.ts';
import { FlushPacing } from './flush-pacing.ts';
import type { AppendReply } from './partition-rpc.ts';

/** A flush takes what is queued up to about this much: beyond it throughput no longer grows and readers get large rows. */
export const flushBytes = 256 * 1024;

/** What may wait for a flush before further requests are turned away: the object shares 128 MB with others. */
const queuedBytesMax = limits.queuedBytesPerPartition.value;
const queuedRequestsMax = limits.queuedRequestsPerPartition.value;

/**
 * Called exactly once, when the outcome of a request is decided and written: with its part of the rows that the flush
 * wrote, which is nothing when it came to no flush.
 */
export type SettleAppend = (outcome: Result<AppendReply>, rowsWritten?: number) => void;

/** A request in the queue. */
export type PendingAppend = { readonly append: CheckedAppend; readonly settle: SettleAppend };

/**
 * Group commit: requests that arrive while a commit is under way wait and share the next one. A reply leaves the
 * object only once its commit is durable, since the runtime holds back every outgoing message until then.
 */
export class AppendQueue {
  readonly #pacer: CommitPacer;
  readonly #flush: (pending: readonly PendingAppend[]) => void;
  readonly #onBroken: (cause: unknown) => void;
  #pending: PendingAppend[] = [];
  #pendingBytes = 0;
  readonly #pacing = new FlushPacing();
  #isArmed = false;
  /** Counts how often a flush was armed, so that a wait that was overtaken does not flush again. */
  #armings = 0;

  /** `flush` writes in one transaction and settles every request; when it throws, the object is broken. */
  constructor(
    pacer: CommitPacer,
    flush: (pending: readonly PendingAppend[]) => void,
    onBroken: (cause: unknown) => void,
  ) {
    this.#pacer = pacer;
    this.#flush = flush;
    this.#onBroken = onBroken;
  }

  push(pending: PendingAppend): void {
    if (this.#pending.length >= queuedRequestsMax || this.#pendingBytes + pending.append.sizeBytes > queuedBytesMax) {
      pending.settle(
        failed(
          'OVERLOADED',
          'the partition has too much waiting to be written; nothing of this request was stored, retry later',
        ),
      );
      return;
    }
    this.#pending.push(pending);
    this.#pendingBytes += pending.append.sizeBytes;
    if (!this.#isArmed) this.#arm();
    else if (this.#pacing.isGathering && this.#isEnough()) this.#run();
  }

  /** Whether waiting for more would gain nothing: a row is full, or as many are here as came together last time. */
  #isEnough(): boolean {
    return this.#pendingBytes >= flushBytes || this.#pending.length >= this.#pacing.expectedRequests;
  }

  #arm(): void {
    this.#isArmed = true;
    const armed = ++this.#armings;
    const ready = this.#pacing.isGathering ? this.#pacer.gathered() : this.#pacer.confirmed();
    ready.then(
      () => {
        if (this.#isArmed && this.#armings === armed) this.#run();
      },
      (cause: unknown) => this.#break(this.#take(Number.POSITIVE_INFINITY), cause),
    );
  }

  #run(): void {
    this.#isArmed = false;
    const taken = this.#take(flushBytes);
    this.#pacing.onFlush(taken.length);
    try {
      this.#flush(taken);
    } catch (cause) {
      this.#break([...taken, ...this.#take(Number.POSITIVE_INFINITY)], cause);
      return;
    }
    if (this.#pending.length > 0) this.#arm();
  }

  /** The oldest requests, at least one, up to about `maxBytes`. */
  #take(maxBytes: number): PendingAppend[] {
    let count = 0;
    let bytes = 0;
    for (const { append } of this.#pending) {
      if (count > 0 && bytes + append.sizeBytes > maxBytes) break;
      bytes += append.sizeBytes;
      count += 1;
    }
    this.#pendingBytes -= bytes;
    return this.#pending.splice(0, count);
  }

  /** A write that failed may still have been applied, so no request may be told that it was not. */
  #break(lost: readonly PendingAppend[], cause: unknown): void {
    for (const { settle } of lost) {
      settle(
        failed(
          'UNKNOWN_OUTCOME',
          'the write was interrupted and may or may not be stored; retry with the same sequence or Idempotency-Key',
        ),
      );
    }
    this.#onBroken(cause);
  }
}

import type { ShareAcknowledgedJson } from '../contracts/share-groups.ts';
import { callWaitMs } from './call-wait.ts';
import { MillraceError } from './millrace-error.ts';
import { type RepeatOptions, repeatCall } from './repeated-call.ts';
import type { Acquired, ShareDoor, ShareMember } from './share-door.ts';
import { SharedRecord } from './shared-record.ts';

export type ShareOptions = RepeatOptions & {
  readonly topics: readonly string[];
  /** How many records this member locks at once: 100 by default. What it holds, others wait for. */
  readonly maxRecords?: number;
  /** Of the `http` transport. */
  readonly maxBytes?: number;
  /**
   * `http`, the default: a call for every page, and one for what was decided on it. `websocket`: a socket, over which
   * records are pushed as soon as there are any.
   */
  readonly transport?: 'http' | 'websocket';
  /** Ends the loop once nothing was to be had for a second. */
  readonly stopAtEnd?: boolean;
  /**
   * Told of decisions that came too late: the lock had run out, and the record is delivered again, or was decided by
   * someone else.
   */
  readonly onLate?: (records: readonly SharedRecord[], error: MillraceError) => void;
  /** Ends the loop by throwing the signal's reason. */
  readonly signal?: AbortSignal;
};

const defaultMaxRecords = 100;

/**
 * A member of a share group, as an async iterable: each record is locked for it alone. A record on which the loop
 * decides nothing is accepted when the loop asks for the next one; while the loop is at work, the locks of what is
 * still held are renewed. Leaving the loop early releases what was not begun.
 */
export class ShareConsumer implements AsyncIterable<SharedRecord>, AsyncDisposable {
  readonly group: string;
  readonly memberId: string;
  readonly #options: ShareOptions;
  readonly #door: ShareDoor;
  readonly #stop = new AbortController();
  #held: SharedRecord[] = [];
  #isStarted = false;
  #isClosed = false;

  constructor(group: string, memberId: string, options: ShareOptions, connect: (member: ShareMember) => ShareDoor) {
    this.group = group;
    this.memberId = memberId;
    const { topics, maxRecords = defaultMaxRecords, maxBytes } = options;
    this.#options = options;
    this.#door = connect({ group, memberId, topics, maxRecords, maxBytes });
  }

  /** Sends what was decided, releases the rest, leaves the group and ends the loop quietly. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stop.abort();
    for (const record of this.#held) record.release();
    try {
      await this.#acknowledge();
      await this.#door.leave();
    } catch (thrown) {
      // The locks run out by themselves, and so does the membership.
      if (!(thrown instanceof MillraceError)) throw thrown;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SharedRecord, void, undefined> {
    if (this.#isStarted) {
      throw new MillraceError({
        code: 'INVALID_REQUEST',
        message: 'a member of a share group can be looped over once',
        status: null,
      });
    }
    this.#isStarted = true;
    const { signal, stopAtEnd = false } = this.#options;
    const abort = () => this.#stop.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      while (!this.#stop.signal.aborted && signal?.aborted !== true) {
        const acquired = await this.#acquire(callWaitMs(stopAtEnd));
        if (acquired === null || (stopAtEnd && acquired.records.length === 0)) break;
        yield* this.#handOut(acquired);
        await repeatCall(() => this.#acknowledge(), this.#options, this.#stop.signal);
      }
      signal?.throwIfAborted();
    } finally {
      signal?.removeEventListener('abort', abort);
      await this.close();
    }
  }

  /** Hands out records, and renews their locks however long the loop takes over one. */
  async *#handOut({ records, lock_duration_ms: lockMs }: Acquired): AsyncGenerator<SharedRecord, void, undefined> {
    this.#held = records.map((json) => new SharedRecord(json));
    const timer = setInterval(() => void this.#renew(), lockMs / 3);
    try {
      for (const record of this.#held) {
        if (this.#stop.signal.aborted) return;
        yield record;
        record.accept();
      }
    } finally {
      clearInterval(timer);
    }
  }

  async #acquire(waitMs: number): Promise<Acquired | null> {
    const { signal } = this.#stop;
    try {
      return await repeatCall(() => this.#door.acquire(waitMs, signal), this.#options, signal);
    } catch (thrown) {
      if (signal.aborted) return null;
      throw thrown;
    }
  }

  /** Sends what is decided, and forgets it. */
  async #acknowledge(): Promise<void> {
    const decided = this.#held.filter(({ decision }) => decision !== 'held');
    if (decided.length === 0) return;
    const { results } = await this.#send(decided, ({ decision }) => decision);
    this.#held = this.#held.filter(({ decision }) => decision === 'held');
    const late = Map.groupBy(
      decided.flatMap((record, index) => {
        const result = results[index];
        return result === undefined || 'ok' in result ? [] : [{ record, result }];
      }),
      ({ result }) => result.code,
    );
    for (const [code, refused] of late) {
      const error = new MillraceError({ code, message: refused[0]!.result.message });
      this.#options.onLate?.(
        refused.map(({ record }) => record),
        error,
      );
    }
  }

  /** What cannot be renewed for now is tried again soon, and what is lost comes to light with its decision. */
  async #renew(): Promise<void> {
    const held = this.#held.filter(({ decision }) => decision === 'held');
    if (held.length > 0) await this.#send(held, () => 'renew').catch(() => undefined);
  }

  #send(records: readonly SharedRecord[], typeOf: (record: SharedRecord) => string): Promise<ShareAcknowledgedJson> {
    const acknowledgements = records.map((record) => ({
      topic: record.topic,
      partition: record.partition,
      from: record.offset,
      lock_id: record.lockId,
      type: typeOf(record),
      delay_ms: record.delayMs,
    }));
    return this.#door.acknowledge(acknowledgements);
  }
}

import { type BackoffPolicy, backoffMs, pause } from './backoff.ts';
import { isTransient, MillraceError } from './millrace-error.ts';
import type {
  PartitionStart,
  StreamFrame,
  Subscription,
  SubscriptionDoor,
  SubscriptionRequest,
  SubscriptionStart,
  Throttle,
} from './subscription-door.ts';

export type ResumingSubscriptionOptions = {
  readonly door: SubscriptionDoor;
  readonly topic: string;
  readonly partitions?: readonly number[];
  readonly start: SubscriptionStart;
  /** Bytes that may be on the way or waiting for the application. */
  readonly creditBytes: number;
  readonly isolation?: SubscriptionRequest['isolation'];
  readonly backoff: BackoffPolicy;
  /** How long it tries to get a connection back before it gives up. */
  readonly reconnectTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Asks over HTTP why a socket could not be opened, since browsers hide the answer; null when nothing is wrong. */
  readonly diagnose: () => Promise<MillraceError | null>;
  readonly onSubscribed: (starts: ReadonlyMap<number, PartitionStart>, topicId: string | null) => void;
  readonly onFrame: (frame: StreamFrame) => void;
  readonly onReconnect: (error: MillraceError) => void;
  readonly onThrottle: (throttle: Throttle) => void;
};

/** Breaks in the offsets in a row, without one good frame, after which the platform is taken to be at fault. */
const holesMax = 5;

/**
 * A subscription that outlives its sockets. It knows the next offset of every partition, proves on each frame that
 * it starts exactly there, and after any break subscribes again from there: nothing is lost and nothing comes twice.
 */
export class ResumingSubscription {
  readonly #options: ResumingSubscriptionOptions;
  /** Next offset expected from the wire; what the start did not name is learned from the platform's answer. */
  readonly #next = new Map<number, number>();
  #topicId: string | null = null;
  #resolved = false;
  #subscription: Subscription | null = null;
  /** Granted on the live socket and not yet used by it; below zero after a frame larger than the credit. */
  #outstandingBytes = 0;
  /** Received and not yet consumed by the application. */
  #queuedBytes = 0;
  #progressed = false;
  #holeCount = 0;

  constructor(options: ResumingSubscriptionOptions) {
    this.#options = options;
    if (options.start.kind === 'offsets') {
      for (const [partition, offset] of options.start.offsets) this.#next.set(partition, offset);
    }
  }

  /** Runs until the signal aborts; rejects with a MillraceError when going on is pointless. */
  async run(): Promise<void> {
    const { signal, backoff, reconnectTimeoutMs } = this.#options;
    let failureCount = 0;
    let failingSinceMs = performance.now();
    while (!signal.aborted) {
      this.#progressed = false;
      const { error, opened } = await this.#live();
      if (signal.aborted) return;
      const cause = opened ? error : ((await this.#options.diagnose()) ?? error);
      if (!isTransient(cause)) throw cause;
      if (this.#progressed) {
        failureCount = 0;
        failingSinceMs = performance.now();
      }
      failureCount += 1;
      const waitMs = Math.max(backoffMs(backoff, failureCount, Math.random()), cause.retryAfterMs ?? 0);
      if (performance.now() - failingSinceMs + waitMs > reconnectTimeoutMs) throw cause;
      this.#options.onReconnect(cause);
      await pause(waitMs, signal);
    }
  }

  /** The application is done with a frame of this size: more credit is granted, half a window at a time. */
  consumed(bytes: number): void {
    this.#queuedBytes -= bytes;
    const { creditBytes } = this.#options;
    const grantable = creditBytes - this.#queuedBytes - this.#outstandingBytes;
    if (grantable * 2 < creditBytes || this.#subscription === null) return;
    this.#outstandingBytes += grantable;
    this.#subscription.grant(grantable);
  }

  /** One connection's life, from opening to its end. */
  #live(): Promise<{ readonly error: MillraceError; readonly opened: boolean }> {
    const { door, topic, partitions, signal, creditBytes, isolation } = this.#options;
    // What waits for the application counts against the new window; one byte lets the first frame come at all.
    this.#outstandingBytes = Math.max(1, creditBytes - this.#queuedBytes);
    return new Promise((resolve) => {
      let broken: MillraceError | null = null;
      const fail = (error: MillraceError) => {
        broken ??= error;
        subscription.close();
      };
      const stop = () => subscription.close();
      const subscription = door.subscribe(
        { topic, partitions, start: this.#resumption(), creditBytes: this.#outstandingBytes, isolation },
        {
          subscribed: (starts, topicId) => {
            this.#subscription = subscription;
            this.#begin(starts, topicId);
          },
          frame: (frame) => {
            if (broken !== null) return;
            const hole = this.#take(frame);
            if (hole !== null) fail(hole);
          },
          throttled: (throttle) => this.#options.onThrottle(throttle),
          ended: (error, opened) => {
            this.#subscription = null;
            signal.removeEventListener('abort', stop);
            resolve({ error: broken ?? error, opened });
          },
        },
      );
      if (signal.aborted) subscription.close();
      else signal.addEventListener('abort', stop, { once: true });
    });
  }

  #resumption(): SubscriptionStart {
    if (!this.#resolved) return this.#options.start;
    return { kind: 'offsets', offsets: this.#next, topicId: this.#topicId };
  }

  /** Takes over the platform's starts; offsets that are known already stand, and only other partitions are learned. */
  #begin(starts: ReadonlyMap<number, PartitionStart>, topicId: string | null): void {
    const added: StreamFrame[] = [];
    for (const [partition, start] of starts) {
      if (this.#next.has(partition)) continue;
      this.#next.set(partition, start.from);
      if (this.#resolved && start.from > 0) {
        // It was added while the socket was down, so it is read from offset 0, and what is gone of it is a gap.
        added.push({ kind: 'gap', partition, from: 0, to: start.from, reason: 'retention' });
      }
    }
    this.#resolved = true;
    this.#topicId = topicId;
    this.#options.onSubscribed(starts, topicId);
    for (const gap of added) this.#options.onFrame(gap);
  }

  /** Checks the frame's proof and hands it on; answers the error that a hole is. */
  #take(frame: StreamFrame): MillraceError | null {
    const expected = this.#next.get(frame.partition) ?? this.#startOfAddedPartition();
    if (frame.from !== expected || frame.to < frame.from || !coversItsRecords(frame))
      return this.#hole(frame, expected);
    this.#holeCount = 0;
    this.#progressed = true;
    this.#next.set(frame.partition, frame.to);
    if (frame.kind === 'records') {
      this.#outstandingBytes -= frame.bytes;
      this.#queuedBytes += frame.bytes;
    }
    this.#options.onFrame(frame);
    return null;
  }

  /** A partition that was added while we listened begins at 0; one we did not ask for is never expected. */
  #startOfAddedPartition(): number {
    return this.#options.partitions === undefined ? 0 : Number.NaN;
  }

  #hole(frame: StreamFrame, expected: number): MillraceError {
    this.#holeCount += 1;
    const where = `partition ${frame.partition} of "${this.#options.topic}"`;
    const message = `${where}: a frame covers offsets ${frame.from} to ${frame.to}, but ${expected} comes next`;
    const detail = { partition: frame.partition, expected, from: frame.from, to: frame.to };
    if (this.#holeCount < holesMax) return new MillraceError({ code: 'NETWORK_EXCEPTION', message, detail });
    return new MillraceError({ code: 'CORRUPT_MESSAGE', message, detail, retriable: false });
  }
}

/** Offsets inside a frame grow and stay within what it says it covers; compaction may leave some out. */
function coversItsRecords(frame: StreamFrame): boolean {
  if (frame.kind === 'gap') return true;
  let atLeast = frame.from;
  for (const record of frame.records) {
    if (record.offset < atLeast || record.partition !== frame.partition) return false;
    atLeast = record.offset + 1;
  }
  return atLeast <= frame.to;
}

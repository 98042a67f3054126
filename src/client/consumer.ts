import { type BackoffPolicy, defaultBackoff } from './backoff.ts';
import { type ConsumeFrom, parseConsumeFrom, positionOf } from './consume-from.ts';
import type { ConsumedRecord } from './consumed-record.ts';
import { FrameQueue } from './frame-queue.ts';
import { MillraceError } from './millrace-error.ts';
import { ResumingSubscription } from './resuming-subscription.ts';
import type {
  PartitionStart,
  StreamFrame,
  SubscriptionDoor,
  SubscriptionStart,
  Throttle,
} from './subscription-door.ts';

/** Offsets that can never be delivered: `from` inclusive to `to` exclusive. */
export type Gap = {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** `retention`: the records were deleted before this reader came. */
  readonly reason: string;
};

export type ConsumerOptions = {
  readonly topic: string;
  /** All of them by default, and then also those that are added later. */
  readonly partitions?: readonly number[];
  /** `latest` by default: what comes from now on. */
  readonly from?: ConsumeFrom;
  /** `read_committed` leaves out records of transactions that are not committed (docs/transactions.md). */
  readonly isolation?: 'read_uncommitted' | 'read_committed';
  /** Ends the loop after the last record there was when it subscribed. */
  readonly stopAtEnd?: boolean;
  /** With `stopAtEnd`: before which offset a partition's part ends, where that is earlier. */
  readonly until?: { readonly [partition: number]: number };
  /** Told of offsets that are gone. Without it a gap ends the loop with OFFSET_OUT_OF_RANGE: nothing is skipped silently. */
  readonly onGap?: (gap: Gap) => void;
  /** Told of each connection that was lost, before it is tried again. */
  readonly onReconnect?: (error: MillraceError) => void;
  /** Told that a quota is used up and nothing comes for a while; the loop goes on by itself. */
  readonly onThrottle?: (throttle: Throttle) => void;
  /** Bytes that may be under way or wait for the loop: 4,194,304 by default, 16,777,216 at most. */
  readonly creditBytes?: number;
  /**
   * `json`, the default: one socket for all partitions, which hibernates. `binary`: the fast door, a socket for each
   * partition, several times the throughput; partitions that are added later are not noticed.
   */
  readonly transport?: 'json' | 'binary';
  /** How long a lost connection is tried again before the loop ends with its error: 600,000 by default. */
  readonly reconnectTimeoutMs?: number;
  readonly backoff?: BackoffPolicy;
  /** Ends the loop by throwing the signal's reason. */
  readonly signal?: AbortSignal;
};

/** One connection's worth of a consumer: some partitions over one door. */
export type ConsumerChannel = {
  readonly door: SubscriptionDoor;
  readonly partitions?: readonly number[];
  readonly start: SubscriptionStart;
};

export type ConsumerPorts = {
  /** Opens what the options ask for; rejects with a MillraceError. */
  readonly channels: (start: SubscriptionStart, signal: AbortSignal) => Promise<readonly ConsumerChannel[]>;
  readonly diagnose: () => Promise<MillraceError | null>;
};

/** The platform remembers no more credit than this. */
const creditBytesMax = 16_777_216;

type Item =
  | { readonly kind: 'started'; readonly starts: ReadonlyMap<number, PartitionStart>; readonly topicId: string | null }
  | { readonly kind: 'frame'; readonly frame: StreamFrame; readonly subscription: ResumingSubscription };

/**
 * The records of a topic, as an async iterable. Records of a partition come in order, each exactly once, across lost
 * connections and restarts of the platform. The next record is asked for when the loop comes round: a slow loop slows
 * the platform down, and nothing is dropped. It connects when the loop begins and can be looped over once.
 */
export class Consumer implements AsyncIterable<ConsumedRecord>, AsyncDisposable {
  readonly topic: string;
  readonly #options: ConsumerOptions;
  readonly #ports: ConsumerPorts;
  readonly #start: SubscriptionStart;
  readonly #queue = new FrameQueue<Item>();
  readonly #stop = new AbortController();
  /** The next offset of each partition, after the record that was handed out last. */
  readonly #offsets = new Map<number, number>();
  /** With `stopAtEnd`: where each partition's part of the work ends. */
  readonly #ends = new Map<number, number>();
  #topicId: string | null = null;
  #channelsToStart = 0;
  /** Came before every partition had started: handed out earlier, a position saved with them would lack the others. */
  readonly #held: Item[] = [];
  #isStarted = false;

  constructor(options: ConsumerOptions, ports: ConsumerPorts) {
    this.topic = options.topic;
    this.#options = options;
    this.#ports = ports;
    this.#start = parseConsumeFrom(options.from ?? 'latest');
  }

  /**
   * How far the loop has come, the record that it holds included: save it when that record is processed, and give it
   * as `from` to go on there. Null until the platform has resolved where the consumer starts.
   */
  get position(): string | null {
    if (this.#topicId === null || this.#offsets.size === 0) return null;
    return positionOf(this.#topicId, this.#offsets);
  }

  /** The same by partition: the next offset. */
  get offsets(): { readonly [partition: number]: number } {
    return Object.fromEntries(this.#offsets);
  }

  /** Ends the loop quietly and the connection at once, connected or not; what was not read yet is dropped. */
  close(): Promise<void> {
    this.#stop.abort();
    this.#queue.clear();
    this.#queue.end();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ConsumedRecord, void, undefined> {
    if (this.#isStarted)
      throw new MillraceError({ code: 'INVALID_REQUEST', message: 'a consumer can be looped over once' });
    this.#isStarted = true;
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const abort = () => {
      this.#queue.clear();
      this.#queue.end(signal?.reason);
      this.#stop.abort();
    };
    signal?.addEventListener('abort', abort, { once: true });
    void this.#connect();
    try {
      for (let item = await this.#queue.take(); item !== undefined; item = await this.#queue.take()) {
        if (item.kind === 'started') this.#begin(item.starts, item.topicId);
        else if (this.#channelsToStart > 0) this.#held.push(item);
        else if (item.frame.kind === 'gap') this.#pass(item.frame);
        else {
          const { partition, records, to, bytes } = item.frame;
          const end = this.#options.until?.[partition] ?? Number.POSITIVE_INFINITY;
          for (const record of records) {
            if (this.#stop.signal.aborted || record.offset >= end) break;
            this.#offsets.set(partition, record === records.at(-1) ? to : record.offset + 1);
            yield record;
          }
          if (this.#stop.signal.aborted) continue;
          this.#offsets.set(partition, Math.min(to, Math.max(end, this.#offsets.get(partition) ?? 0)));
          item.subscription.consumed(bytes);
        }
        if (this.#isAtEnd()) return;
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      await this.close();
    }
  }

  async #connect(): Promise<void> {
    const { signal } = this.#stop;
    try {
      const channels = await this.#ports.channels(this.#start, signal);
      this.#channelsToStart = channels.length;
      await Promise.all(channels.map((channel) => this.#run(channel, channels.length)));
    } catch (thrown) {
      if (!signal.aborted) this.#queue.end(thrown);
    }
  }

  #run({ door, partitions, start }: ConsumerChannel, channelCount: number): Promise<void> {
    const options = this.#options;
    let isFirst = true;
    const creditBytes = Math.min(creditBytesMax, options.creditBytes ?? 4_194_304);
    const subscription = new ResumingSubscription({
      door,
      topic: this.topic,
      partitions,
      start,
      creditBytes: Math.ceil(creditBytes / channelCount),
      isolation: options.isolation,
      backoff: options.backoff ?? defaultBackoff,
      reconnectTimeoutMs: options.reconnectTimeoutMs ?? 600_000,
      signal: this.#stop.signal,
      diagnose: this.#ports.diagnose,
      onSubscribed: (starts, topicId) => {
        // Later ones are resumptions: what the loop has read by now counts, not where the platform takes up again.
        if (isFirst) this.#queue.push({ kind: 'started', starts, topicId });
        isFirst = false;
      },
      onFrame: (frame) => this.#queue.push({ kind: 'frame', frame, subscription }),
      onReconnect: (error) => options.onReconnect?.(error),
      onThrottle: (throttle) => options.onThrottle?.(throttle),
    });
    return subscription.run();
  }

  #begin(starts: ReadonlyMap<number, PartitionStart>, topicId: string | null): void {
    this.#topicId ??= topicId;
    this.#channelsToStart -= 1;
    const asked = this.#start.kind === 'offsets' ? this.#start.offsets : null;
    for (const [partition, start] of starts) {
      this.#offsets.set(partition, asked?.get(partition) ?? start.from);
      this.#ends.set(partition, Math.min(start.highWatermark, this.#options.until?.[partition] ?? start.highWatermark));
    }
    if (this.#channelsToStart === 0) this.#queue.putBack(this.#held.splice(0));
  }

  #pass({ partition, from, to, reason }: { partition: number; from: number; to: number; reason: string }): void {
    const { onGap } = this.#options;
    if (onGap === undefined) {
      throw new MillraceError({
        code: 'OFFSET_OUT_OF_RANGE',
        message: `offsets ${from} to ${to - 1} of partition ${partition} of "${this.topic}" are gone (${reason}); pass onGap to go on behind them`,
        detail: { partition, from, to, reason },
      });
    }
    this.#offsets.set(partition, to);
    onGap({ topic: this.topic, partition, from, to, reason });
  }

  #isAtEnd(): boolean {
    if (this.#options.stopAtEnd !== true || this.#channelsToStart > 0) return false;
    for (const [partition, end] of this.#ends) if ((this.#offsets.get(partition) ?? 0) < end) return false;
    return true;
  }
}

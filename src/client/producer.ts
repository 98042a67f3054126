import { partitionForKey, StickyPartitioner } from '../topics/partitioner.ts';
import { type BackoffPolicy, backoffMs, defaultBackoff, pause } from './backoff.ts';
import type { BatchDoor, ProducerIdentity } from './batch-door.ts';
import { ByteBudget } from './byte-budget.ts';
import { Delivery, type RecordMetadata } from './delivery.ts';
import { closedError, isTransient, MillraceError, networkError } from './millrace-error.ts';
import { ProducerLane } from './producer-lane.ts';
import { type PreparedRecord, type ProducerRecord, prepareRecord } from './producer-record.ts';
import type { Topic } from './topics.ts';

export type ProducerOptions = {
  readonly topic: string;
  /** How long a batch that is not full waits for more records: 0 by default, a batch then fills while others are in flight. */
  readonly lingerMs?: number;
  /** 262,144 by default; the topic's `max.message.bytes` bounds it. */
  readonly maxBatchBytes?: number;
  /** Bytes accepted and not yet acknowledged: 33,554,432 by default. Beyond it `send` waits. */
  readonly maxInFlightBytes?: number;
  /** Batches under way a partition, 1 to 5: 5 by default. More than 5 could not be told apart when repeated. */
  readonly maxInFlightBatches?: number;
  /** True by default: nothing is stored twice or out of order however often it is repeated. */
  readonly idempotent?: boolean;
  /** How long a record may take until it is acknowledged: 120,000 by default. */
  readonly deliveryTimeoutMs?: number;
  /** How long one request may take before it is repeated: 30,000 by default. */
  readonly requestTimeoutMs?: number;
  /** How long `close` waits for what is under way: 30,000 by default. */
  readonly closeTimeoutMs?: number;
  /** How long to wait before a repeat. */
  readonly backoff?: BackoffPolicy;
  /** Closes the producer at once. */
  readonly signal?: AbortSignal;
};

export type SendOptions = {
  /** Stops waiting; a record that has left may be stored all the same. */
  readonly signal?: AbortSignal;
};

export type ProducerPorts = {
  readonly door: BatchDoor;
  readonly describe: (signal: AbortSignal) => Promise<Topic>;
};

/** Calls of `send` that may wait for room; who sends without waiting for anything must be stopped somewhere. */
const waitingSendsMax = 100_000;

/** A batch's header and what else is not a record. */
const batchOverheadBytes = 128;

/** How old the partition count may be (Kafka's metadata.max.age.ms). */
const topicAgeMaxMs = 300_000;

type WaitingSend = {
  readonly prepared: readonly PreparedRecord[];
  readonly delivery: Delivery;
  readonly sizeBytes: number;
  readonly signal: AbortSignal | undefined;
};

/**
 * Sends records in the background, in batches. Records of one partition are stored in the order of their `send`. A
 * promise of `send` resolves when its records are durable.
 */
export class Producer implements AsyncDisposable {
  readonly topic: string;
  readonly #ports: ProducerPorts;
  readonly #options: Required<Omit<ProducerOptions, 'signal' | 'topic'>>;
  readonly #budget: ByteBudget;
  readonly #sticky = new StickyPartitioner(Math.random);
  readonly #lanes = new Map<number, ProducerLane>();
  /** In the order of their calls; what is here has no partition yet. */
  readonly #waiting: WaitingSend[] = [];
  readonly #unsettled = new Set<Delivery>();
  readonly #readyListeners: (() => void)[] = [];
  readonly #giveUp = new AbortController();
  #topicInfo: Topic | null = null;
  #topicReadAtMs = 0;
  #isDescribing = false;
  /** Calls of flush under way: while there are any, nothing that is let through lingers. */
  #flushCount = 0;
  #identity: Promise<ProducerIdentity> | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: ProducerOptions, ports: ProducerPorts) {
    this.topic = options.topic;
    this.#ports = ports;
    this.#options = {
      lingerMs: options.lingerMs ?? 0,
      maxBatchBytes: options.maxBatchBytes ?? 262_144,
      maxInFlightBytes: options.maxInFlightBytes ?? 33_554_432,
      maxInFlightBatches: Math.max(1, Math.min(5, options.maxInFlightBatches ?? 5)),
      idempotent: options.idempotent ?? true,
      deliveryTimeoutMs: options.deliveryTimeoutMs ?? 120_000,
      requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
      closeTimeoutMs: options.closeTimeoutMs ?? 30_000,
      backoff: options.backoff ?? defaultBackoff,
    };
    this.#budget = new ByteBudget(this.#options.maxInFlightBytes);
    options.signal?.addEventListener('abort', () => void this.#close(0), { once: true });
  }

  /**
   * Sends one record or several. Resolves when all are durable; rejects with a MillraceError when one is not, with
   * `detail.acknowledged` saying how many of the others are. UNKNOWN_OUTCOME means that they may or may not be stored.
   */
  send(record: ProducerRecord, options?: SendOptions): Promise<RecordMetadata>;
  send(records: readonly ProducerRecord[], options?: SendOptions): Promise<RecordMetadata[]>;
  async send(
    input: ProducerRecord | readonly ProducerRecord[],
    { signal }: SendOptions = {},
  ): Promise<RecordMetadata | RecordMetadata[]> {
    signal?.throwIfAborted();
    if (this.#closing !== null) throw closedError('the producer');
    const isOne = !isList(input);
    const records = isOne ? [input] : input;
    if (records.length === 0) return [];
    if (this.#waiting.length >= waitingSendsMax) throw tooManyWaiting();
    const nowMs = Date.now();
    const prepared = records.map((record) => prepareRecord(record, nowMs));
    const delivery = new Delivery(records.length);
    this.#unsettled.add(delivery);
    delivery.whenSettled(() => this.#unsettled.delete(delivery));
    const sizeBytes = prepared.reduce((sum, { sizeBytes: bytes }) => sum + bytes, 0);
    this.#waiting.push({ prepared, delivery, sizeBytes, signal });
    this.#admit();
    const results = await untilAborted(delivery, signal);
    return isOne ? results[0]! : results;
  }

  /** Resolves when `send` would not wait for room: what a loop that does not await each `send` awaits instead. */
  ready(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#readyListeners.push(resolve));
  }

  /** Sends what is waiting at once and resolves when every `send` so far is settled, well or not. */
  async flush(): Promise<void> {
    const settled = [...this.#unsettled].map(
      (delivery) => new Promise<void>((resolve) => delivery.whenSettled(resolve)),
    );
    this.#flushCount += 1;
    for (const lane of this.#lanes.values()) lane.flush();
    await Promise.all(settled);
    this.#flushCount -= 1;
  }

  /** Flushes, for `closeTimeoutMs` at most; then what is still under way is given up and its promises reject. */
  close(): Promise<void> {
    return this.#close(this.#options.closeTimeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#flushAndStop();
    const deadline = setTimeout(() => this.#abandon(), timeoutMs);
    return this.#closing.finally(() => clearTimeout(deadline));
  }

  async #flushAndStop(): Promise<void> {
    await this.flush();
    this.#giveUp.abort();
  }

  #abandon(): void {
    this.#giveUp.abort(closedError('the producer'));
    for (const { prepared, delivery } of this.#waiting.splice(0))
      delivery.fail(prepared.length, closedError('the producer'));
    for (const lane of this.#lanes.values()) lane.abandonQueue();
  }

  /** Lets waiting sends through to their partitions, in order, as far as there is room. */
  #admit(): void {
    if (this.#topicInfo === null || performance.now() - this.#topicReadAtMs > topicAgeMaxMs) void this.#describe();
    while (this.#topicInfo !== null && this.#waiting.length > 0) {
      const send = this.#waiting[0]!;
      if (!this.#budget.tryTake(send.sizeBytes)) return;
      this.#waiting.shift();
      this.#route(send, this.#topicInfo);
    }
    if (this.#waiting.length === 0) for (const listener of this.#readyListeners.splice(0)) listener();
  }

  #route({ prepared, delivery, sizeBytes, signal }: WaitingSend, topic: Topic): void {
    const refusal = signal?.aborted ? closedError('this call of send') : this.#refusal(prepared, topic);
    if (refusal !== null) {
      this.#budget.give(sizeBytes);
      delivery.fail(prepared.length, refusal);
      return;
    }
    const batchBytesMax = Math.min(this.#options.maxBatchBytes, maxMessageBytesOf(topic)) - batchOverheadBytes;
    for (const [index, one] of prepared.entries()) {
      const lane = this.#lane(this.#partitionOf(one, topic.partitions));
      lane.add(one, delivery, index, batchBytesMax);
      if (this.#flushCount > 0) lane.flush();
    }
  }

  /** What can be refused here is refused for the whole call, before any of it leaves. */
  #refusal(prepared: readonly PreparedRecord[], topic: Topic): MillraceError | null {
    const maxMessageBytes = maxMessageBytesOf(topic);
    for (const [index, { partition, sizeBytes }] of prepared.entries()) {
      if (partition !== null && partition >= topic.partitions) {
        return new MillraceError({
          code: 'UNKNOWN_TOPIC_OR_PARTITION',
          message: `record ${index} is for partition ${partition}, but "${topic.name}" has partitions 0 to ${topic.partitions - 1}`,
          detail: { record: index, partition },
        });
      }
      if (sizeBytes > maxMessageBytes) {
        return new MillraceError({
          code: 'MESSAGE_TOO_LARGE',
          message: `record ${index} has ${sizeBytes} bytes, but "${topic.name}" takes ${maxMessageBytes} (max.message.bytes)`,
          detail: { record: index, size_bytes: sizeBytes, max_message_bytes: maxMessageBytes },
        });
      }
    }
    return null;
  }

  #partitionOf({ record, partition, sizeBytes }: PreparedRecord, partitionCount: number): number {
    if (partition !== null) return partition;
    if (record.key !== null) return partitionForKey(record.key, partitionCount);
    return this.#sticky.partitionFor(sizeBytes, partitionCount);
  }

  #lane(partition: number): ProducerLane {
    const existing = this.#lanes.get(partition);
    if (existing !== undefined) return existing;
    const lane = new ProducerLane(partition, {
      ...this.#options,
      topic: this.topic,
      door: this.#ports.door,
      signal: this.#giveUp.signal,
      identify: (worn) => this.#identify(worn),
      isLogAppendTime: () => this.#topicInfo?.config['message.timestamp.type'] === 'LogAppendTime',
      onLanded: (sizeBytes) => {
        this.#budget.give(sizeBytes);
        this.#admit();
      },
    });
    this.#lanes.set(partition, lane);
    return lane;
  }

  /** All lanes share one producer id; a lane whose id is worn out makes all that ask later move to a new one. */
  async #identify(worn: ProducerIdentity | null): Promise<ProducerIdentity> {
    const shared = this.#identity;
    if (shared !== null) {
      const identity = await shared;
      if (identity.producerId !== worn?.producerId) return identity;
      if (this.#identity !== shared) return this.#identify(worn);
    }
    const fresh = this.#ports.door.identify(this.#giveUp.signal);
    this.#identity = fresh;
    fresh.catch(() => {
      if (this.#identity === fresh) this.#identity = null;
    });
    return fresh;
  }

  /** Reads the partition count; without it nothing can be routed, so a final failure fails everything that waits. */
  async #describe(): Promise<void> {
    if (this.#isDescribing) return;
    this.#isDescribing = true;
    const startedAtMs = performance.now();
    const { signal } = this.#giveUp;
    for (let failureCount = 1; !signal.aborted; failureCount++) {
      try {
        this.#topicInfo = await this.#ports.describe(signal);
        this.#topicReadAtMs = performance.now();
        break;
      } catch (thrown) {
        const error = thrown instanceof MillraceError ? thrown : networkError('the topic could not be read', thrown);
        const isLate = performance.now() - startedAtMs > this.#options.deliveryTimeoutMs;
        if (!isTransient(error) || isLate) {
          for (const { prepared, delivery } of this.#waiting.splice(0)) delivery.fail(prepared.length, error);
          break;
        }
        await pause(backoffMs(this.#options.backoff, failureCount, Math.random()), signal);
      }
    }
    this.#isDescribing = false;
    if (this.#waiting.length > 0 && !signal.aborted) this.#admit();
  }
}

function isList(input: ProducerRecord | readonly ProducerRecord[]): input is readonly ProducerRecord[] {
  return Array.isArray(input);
}

function maxMessageBytesOf(topic: Topic): number {
  return Number(topic.config['max.message.bytes'] ?? Number.POSITIVE_INFINITY);
}

/** The delivery's results, or the signal's reason if that comes first. */
async function untilAborted(delivery: Delivery, signal: AbortSignal | undefined): Promise<RecordMetadata[]> {
  if (signal === undefined) return delivery.promise;
  const abandon = () => delivery.abandon(signal.reason);
  signal.addEventListener('abort', abandon, { once: true });
  try {
    return await delivery.promise;
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}

function tooManyWaiting(): MillraceError {
  return new MillraceError({
    code: 'OVERLOADED',
    message: `${waitingSendsMax} calls of send are waiting for room; nothing of this one was sent. Await send, or ready() before it.`,
    status: null,
  });
}

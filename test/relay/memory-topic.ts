import { failed, ok, type Result } from '../../src/errors/result.ts';
import type { PartitionCaller, PartitionStub, TopicRoutes } from '../../src/gateway/ports.ts';
import { encodeLooseRecord, frameLooseRecords } from '../../src/log/loose-records.ts';
import type { Delivery, PartitionDescription, ReadReply, ReadRequest } from '../../src/log/partition-rpc.ts';
import { patchBatch } from '../../src/log/record-batch.ts';
import { encodeControlBatch } from '../../src/log/transactions/transaction-marker.ts';
import type { TopicRoute } from '../../src/topics/catalog-rpc.ts';
import { topicConfigOf } from '../../src/topics/topic-config.ts';
import { transactionalBatch } from '../support/partition-harness.ts';

type StoredBatch = { readonly from: number; readonly to: number; readonly bytes: Uint8Array };

/** A transaction of a partition's log; `end` is where its marker stands, null while it is open. */
type MemoryTransaction = {
  readonly producerId: number;
  readonly firstOffset: number;
  end: { readonly offset: number; readonly committed: boolean } | null;
  readonly offsets: Set<number>;
};

/** A call a partition makes to a relay, which the test lets happen, lets happen twice, or loses. */
export type PendingDelivery = {
  readonly relay: string;
  readonly delivery: Delivery;
  answer(subscribed: boolean): void;
};

/** An append-only list of batches that registers relays and tells them of every flush, as a partition's object does. */
export class MemoryPartition {
  readonly #topic: MemoryTopic;
  readonly #partition: number;
  readonly #batches: StoredBatch[] = [];
  readonly #transactions: MemoryTransaction[] = [];
  readonly #relays = new Map<string, { registrations: number }>();
  logStartOffset = 0;
  highWatermark = 0;
  readCount = 0;
  registerCount = 0;
  /** A read returns at most this much after its first batch, so that catching up takes several. */
  maxReadBytes = Number.POSITIVE_INFINITY;
  /** Failures the next reads answer with, one each. */
  readonly failures: ReturnType<typeof failed>[] = [];

  constructor(topic: MemoryTopic, partition: number) {
    this.#topic = topic;
    this.#partition = partition;
  }

  get isRegistered(): boolean {
    return this.#relays.size > 0;
  }

  append(values: readonly string[], options: { isTooLargeToPush?: boolean; keys?: readonly string[] } = {}): void {
    const { keys } = options;
    const loose = values.map((value, index) => {
      const key = keys?.[index] === undefined ? null : new TextEncoder().encode(keys[index]);
      return encodeLooseRecord(1_700_000_000_000, key, new TextEncoder().encode(value));
    });
    const from = this.highWatermark;
    const framing = { baseOffset: from, leaderEpoch: 0, nowMs: 0, timestampType: 'CreateTime' } as const;
    const bytes = frameLooseRecords(loose, framing).batch;
    const to = from + values.length;
    this.#batches.push({ from, to, bytes });
    this.highWatermark = to;
    this.#tell(from, to, options.isTooLargeToPush ? null : bytes);
  }

  /** Appends in a transaction of the producer, which is begun if none is open. */
  appendInTransaction(producerId: number, values: readonly string[]): void {
    const from = this.highWatermark;
    const to = from + values.length;
    const bytes = transactionalBatch({ producerId, producerEpoch: 0, baseSequence: 0 }, ...values);
    patchBatch(bytes, 0, from, 0);
    let open = this.#openOf(producerId);
    if (open === undefined) {
      open = { producerId, firstOffset: from, end: null, offsets: new Set() };
      this.#transactions.push(open);
    }
    for (let offset = from; offset < to; offset++) open.offsets.add(offset);
    this.#batches.push({ from, to, bytes });
    this.highWatermark = to;
    this.#tell(from, to, bytes);
  }

  /** Ends the producer's open transaction, if there is one, by a marker. */
  endTransaction(producerId: number, committed: boolean): void {
    const open = this.#openOf(producerId);
    if (open === undefined) return;
    const offset = this.highWatermark;
    const marker = { producerId, producerEpoch: 0, transactionNumber: 1, committed };
    const bytes = encodeControlBatch(marker, { baseOffset: offset, leaderEpoch: 0, nowMs: 0 });
    open.end = { offset, committed };
    this.#batches.push({ from: offset, to: offset + 1, bytes });
    this.highWatermark = offset + 1;
    this.#tell(offset, offset + 1, bytes);
  }

  /** Where the oldest open transaction begins, or the log ends. */
  get lastStableOffset(): number {
    return this.#transactions.find(({ end }) => end === null)?.firstOffset ?? this.highWatermark;
  }

  /** What stands at an offset. */
  kindOf(offset: number): 'record' | 'marker' | 'undecided' | 'aborted' {
    for (const { end, offsets } of this.#transactions) {
      if (end?.offset === offset) return 'marker';
      if (!offsets.has(offset)) continue;
      if (end === null) return 'undecided';
      return end.committed ? 'record' : 'aborted';
    }
    return 'record';
  }

  #openOf(producerId: number): MemoryTransaction | undefined {
    return this.#transactions.find((one) => one.producerId === producerId && one.end === null);
  }

  /** What a partition says after a restart, or when its topic changed: where it ends, and nothing new. */
  announce(): void {
    this.#tell(this.highWatermark, this.highWatermark, null);
  }

  /** Deletes everything below `offset` that is decided, whole batches only. */
  retain(offset: number): void {
    const end = Math.min(offset, this.lastStableOffset);
    while (this.#batches[0] !== undefined && this.#batches[0].to <= end) {
      this.logStartOffset = this.#batches[0].to;
      this.#batches.shift();
    }
  }

  register(relay: string): Result<{ highWatermark: number; logStartOffset: number }> {
    this.registerCount++;
    const known = this.#relays.get(relay);
    if (known === undefined) this.#relays.set(relay, { registrations: 1 });
    else known.registrations++;
    return ok({ highWatermark: this.highWatermark, logStartOffset: this.logStartOffset });
  }

  read({ from, maxBytes, isolation }: ReadRequest): Result<ReadReply> {
    this.readCount++;
    const failure = this.failures.shift();
    if (failure !== undefined) return failure;
    const { highWatermark, logStartOffset } = this;
    const { lastStableOffset } = this;
    const end = isolation === 'read_committed' ? lastStableOffset : highWatermark;
    const first = from === 'latest' ? end : logStartOffset;
    const startOffset = typeof from === 'object' && 'offset' in from ? from.offset : first;
    if (startOffset < logStartOffset || startOffset > highWatermark) {
      return failed('OFFSET_OUT_OF_RANGE', `offset ${startOffset}`);
    }
    const found: Uint8Array[] = [];
    let nextOffset = startOffset;
    let size = 0;
    for (const batch of this.#batches) {
      if (batch.to <= startOffset || batch.from >= end) continue;
      if (found.length > 0 && size + batch.bytes.length > Math.min(maxBytes, this.maxReadBytes)) break;
      found.push(batch.bytes);
      size += batch.bytes.length;
      nextOffset = batch.to;
    }
    const batches = Buffer.concat(found);
    const abortedTransactions = this.#transactions.flatMap(({ producerId, firstOffset, end: ended }) =>
      ended === null || ended.committed ? [] : [{ producerId, firstOffset, lastOffset: ended.offset }],
    );
    const offsets = { startOffset, nextOffset, highWatermark, logStartOffset, lastStableOffset };
    return ok({ batches, ...offsets, leaderEpoch: 0, abortedTransactions });
  }

  #tell(from: number, to: number, batches: Uint8Array | null): void {
    for (const [relay, state] of this.#relays) {
      const { registrations } = state;
      this.#topic.pending.push({
        relay,
        delivery: { ref: { ...this.#topic.route, partition: this.#partition }, from, to, batches },
        answer: (subscribed) => {
          if (!subscribed && state.registrations === registrations) this.#relays.delete(relay);
        },
      });
    }
  }
}

/** A topic and its partitions, as a relay reaches them. `schedule` decides when an answer comes back. */
export class MemoryTopic implements TopicRoutes, PartitionCaller {
  route: TopicRoute;
  readonly partitions: MemoryPartition[] = [];
  readonly pending: PendingDelivery[] = [];
  isDeleted = false;
  /** The topic as the relay remembers it, until it forgets; null when it remembers nothing. */
  remembered: TopicRoute | null = null;
  schedule: <T>(answer: Promise<T>) => Promise<T> = (answer) => answer;

  constructor(topic: string, topicId: string, partitionCount: number) {
    const ids = { orgId: 'local', clusterId: 'local', topicId, topic };
    this.route = { ...ids, partitionCount: 0, config: topicConfigOf({}), configVersion: 1 };
    this.grow(partitionCount);
  }

  grow(partitionCount: number): void {
    for (let partition = this.partitions.length; partition < partitionCount; partition++) {
      this.partitions.push(new MemoryPartition(this, partition));
    }
    this.route = { ...this.route, partitionCount };
  }

  find(topic: string): Promise<Result<TopicRoute>> {
    if (this.remembered !== null) return Promise.resolve(ok(this.remembered));
    const isKnown = topic === this.route.topic && !this.isDeleted;
    return Promise.resolve(isKnown ? ok(this.route) : failed('UNKNOWN_TOPIC_OR_PARTITION', `no topic ${topic}`));
  }

  forget(): void {
    this.remembered = null;
  }

  call<T>(
    route: TopicRoute,
    partition: number,
    attempt: (
      stub: PartitionStub,
      ref: TopicRoute & { partition: number },
      configVersion: number,
    ) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    if (this.isDeleted) return this.schedule(Promise.resolve(failed('UNKNOWN_TOPIC_OR_PARTITION', 'it was deleted')));
    const target = this.partitions[partition];
    if (target === undefined) throw new Error(`partition ${partition} does not exist`);
    // What a partition answers is decided when the call reaches it, and seen by the relay some time later.
    const later = async (): Promise<Result<T>> => {
      await this.schedule(Promise.resolve());
      const answer = await attempt(stubOf(target), { ...route, partition }, route.configVersion);
      await this.schedule(Promise.resolve());
      return answer;
    };
    return later();
  }
}

function stubOf(partition: MemoryPartition): PartitionStub {
  const verbs: Pick<PartitionStub, 'registerRelay' | 'readRecords' | 'describe'> = {
    registerRelay: async (_ref, _configVersion, relay) => partition.register(relay),
    readRecords: async (request) => partition.read(request),
    // Nobody here asks for more than the range of offsets.
    describe: async (ref) => {
      const { highWatermark, logStartOffset } = partition;
      return ok({ partition: ref.partition, highWatermark, logStartOffset } as PartitionDescription);
    },
  };
  return verbs as PartitionStub;
}

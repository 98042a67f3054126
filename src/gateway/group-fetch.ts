import { type Failure, ok, type Result } from '../errors/result.ts';
import type { AssignedPartition, FirstOffset } from '../groups/group-rpc.ts';
import type { Isolation, ReadFrom } from '../log/partition-rpc.ts';
import type { HighWatermarks } from './high-watermarks.ts';
import type { RecordReader } from './read.ts';
import { partitionsAtOnce } from './waves.ts';

/** A partition of a member, and the offset to read it from; null when the group has not come anywhere in it. */
export type FetchStart = AssignedPartition & { readonly from: number | null };

/** Where a partition begins that has no offset yet. */
export type OffsetReset = 'earliest' | 'latest';

export type FetchedPartition = {
  readonly topic: string;
  readonly partition: number;
  /** Whole record batches, the first of which may begin below `startOffset`. */
  readonly batches: Uint8Array;
  readonly startOffset: number;
  readonly nextOffset: number;
  readonly highWatermark: number;
};

/** Offsets that can never be read: they were deleted before the group came to them. */
export type FetchGap = {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
};

export type Fetched = {
  readonly partitions: readonly FetchedPartition[];
  readonly gaps: readonly FetchGap[];
  /** Where partitions were begun at their end: to be kept, or a crash would skip what came since. */
  readonly firsts: readonly FirstOffset[];
};

type FetchOptions = { readonly maxBytes: number; readonly reset: OffsetReset; readonly isolation?: Isolation };

/** Reads the partitions of a group's member, a few at a time, until there are enough bytes. */
export class GroupFetch {
  readonly #reader: RecordReader;
  readonly #highWatermarks: HighWatermarks;
  readonly #random: () => number;

  constructor(ports: {
    readonly reader: RecordReader;
    readonly highWatermarks: HighWatermarks;
    readonly random: () => number;
  }) {
    this.#reader = ports.reader;
    this.#highWatermarks = ports.highWatermarks;
    this.#random = ports.random;
  }

  /**
   * A failure of one partition is left to the next call while others bring something. `maxBytes` is soft: the first
   * batch of each partition that is read always comes.
   */
  async fetch(starts: readonly FetchStart[], options: FetchOptions): Promise<Result<Fetched>> {
    const fetched = { partitions: [] as FetchedPartition[], gaps: [] as FetchGap[], firsts: [] as FirstOffset[] };
    let failure: Failure | null = null;
    let leftBytes = options.maxBytes;
    // Begun somewhere else each time, so that a partition that always has something cannot starve the others.
    const first = Math.floor(this.#random() * starts.length);
    const ordered = [...starts.slice(first), ...starts.slice(0, first)];
    for (let at = 0; at < ordered.length && leftBytes > 0; at += partitionsAtOnce) {
      const wave = ordered.slice(at, at + partitionsAtOnce);
      const maxBytes = Math.max(1, Math.floor(leftBytes / wave.length));
      const reads = await Promise.all(wave.map((start) => this.#fetchOne(start, { ...options, maxBytes })));
      for (const read of reads) {
        if (!read.ok) {
          if (!isGone(read.error)) failure ??= read.error;
          continue;
        }
        const { partition, gap, first: firstOffset } = read.value;
        leftBytes -= partition.batches.length;
        fetched.partitions.push(partition);
        if (gap !== null) fetched.gaps.push(gap);
        if (firstOffset !== null) fetched.firsts.push(firstOffset);
      }
    }
    const hasRecords = fetched.partitions.some(({ batches }) => batches.length > 0);
    return failure !== null && !hasRecords ? { ok: false, error: failure } : ok(fetched);
  }

  async #fetchOne(start: FetchStart, options: FetchOptions) {
    const { topic, topicId, partition, from } = start;
    const reset = start.isAdded ? 'earliest' : options.reset;
    let read = await this.#read(start, from === null ? reset : { offset: from }, options);
    let gap: FetchGap | null = null;
    if (!read.ok && read.error.code === 'OFFSET_OUT_OF_RANGE' && from !== null) {
      const refusal = read;
      read = await this.#read(start, 'earliest', options);
      if (!read.ok) return read;
      if (read.value.startOffset <= from) return refusal;
      gap = { topic, partition, from, to: read.value.startOffset };
    }
    if (!read.ok) return read;
    const { startOffset } = read.value;
    const isFirst = from === null && reset === 'latest';
    return ok({
      partition: read.value,
      gap,
      first: isFirst ? { topic, topicId, partition, offset: startOffset } : null,
    });
  }

  async #read(
    start: FetchStart,
    from: ReadFrom,
    { maxBytes, isolation }: FetchOptions,
  ): Promise<Result<FetchedPartition>> {
    const { topic, topicId, partition } = start;
    const place = { topic, topicId, partition, from };
    const read = await this.#reader.read({ ...place, maxBytes, waitMs: 0, minBytes: 1, isolation });
    if (!read.ok) return read;
    const { response, startOffset, nextOffset, highWatermark } = read.value;
    const batches = new Uint8Array(await response.arrayBuffer());
    this.#highWatermarks.learn(topicId, partition, highWatermark);
    return ok({ topic, partition, batches, startOffset, nextOffset, highWatermark });
  }
}

/** A partition that is gone is none of the member's business any more: the group notices within seconds. */
const isGone = ({ code }: Failure): boolean => code === 'UNKNOWN_TOPIC_OR_PARTITION' || code === 'UNKNOWN_TOPIC_ID';

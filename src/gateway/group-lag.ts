import { ok, type Result } from '../errors/result.ts';
import type { GroupDescription } from '../groups/group-rpc.ts';
import { decompress } from '../log/compression.ts';
import { decodeBatches } from '../log/record.ts';
import type { Clock } from '../platform/clock.ts';
import type { PartitionEnds } from './partition-ends.ts';
import type { RecordReader } from './read.ts';
import { inWaves } from './waves.ts';

/** How far a group has come in one partition, and how far behind it is. */
export type PartitionLag = {
  readonly topic: string;
  readonly partition: number;
  /** The member that reads it, or null. */
  readonly memberId: string | null;
  /** Null when nothing was committed; lag is not known then. */
  readonly committedOffset: number | null;
  readonly metadata: string;
  readonly committedAtMs: number | null;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** Records between the committed offset and the end of the log. */
  readonly lag: number | null;
  /** For how long the next record has been waiting, by its timestamp; 0 when none is. */
  readonly lagMs: number | null;
};

/** Compares a group's offsets with the logs they belong to. */
export class GroupLag {
  readonly #ends: PartitionEnds;
  readonly #reader: RecordReader;
  readonly #clock: Clock;

  constructor(ports: { readonly ends: PartitionEnds; readonly reader: RecordReader; readonly clock: Clock }) {
    this.#ends = ports.ends;
    this.#reader = ports.reader;
    this.#clock = ports.clock;
  }

  /** Every partition of every topic that the group subscribes to or has offsets of, by topic and partition. */
  async lagOf(group: GroupDescription): Promise<Result<PartitionLag[]>> {
    const partitions = group.topics.flatMap(({ topic, partitionCount }) =>
      Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition })),
    );
    const readers = new Map(
      group.members.flatMap(({ memberId, assigned }) =>
        assigned.map(({ topic, partition }) => [`${topic}/${partition}`, memberId]),
      ),
    );
    const offsets = new Map(group.offsets.map((offset) => [`${offset.topic}/${offset.partition}`, offset]));
    const lags: PartitionLag[] = [];
    const described = await inWaves(partitions, async ({ topic, partition }) => {
      const key = `${topic}/${partition}`;
      return this.#lagOfOne({ topic, partition, memberId: readers.get(key) ?? null }, offsets.get(key) ?? null);
    });
    for (const lag of described) {
      // A topic that was deleted meanwhile has no lag.
      if (!lag.ok && lag.error.code !== 'UNKNOWN_TOPIC_OR_PARTITION') return lag;
      if (lag.ok) lags.push(lag.value);
    }
    return ok(lags);
  }

  async #lagOfOne(
    place: Pick<PartitionLag, 'topic' | 'partition' | 'memberId'>,
    committed: GroupDescription['offsets'][number] | null,
  ): Promise<Result<PartitionLag>> {
    const described = await this.#ends.describe(place);
    if (!described.ok) return described;
    const { logStartOffset, highWatermark } = described.value;
    const facts = {
      ...place,
      committedOffset: committed?.offset ?? null,
      metadata: committed?.metadata ?? '',
      committedAtMs: committed?.committedAtMs ?? null,
      logStartOffset,
      highWatermark,
    };
    if (committed === null) return ok({ ...facts, lag: null, lagMs: null });
    const next = Math.max(committed.offset, logStartOffset);
    if (next >= highWatermark) return ok({ ...facts, lag: 0, lagMs: 0 });
    const timestampMs = await this.#timestampAt(place.topic, place.partition, next);
    if (!timestampMs.ok) return timestampMs;
    const lagMs = Math.max(0, this.#clock.nowMs() - timestampMs.value);
    return ok({ ...facts, lag: highWatermark - next, lagMs });
  }

  /** The timestamp of the first record at `offset` or above it; now when none is left there. */
  async #timestampAt(topic: string, partition: number, offset: number): Promise<Result<number>> {
    const read = await this.#reader.read({ topic, partition, from: { offset }, maxBytes: 1, waitMs: 0, minBytes: 1 });
    if (!read.ok) return read;
    let timestampMs = this.#clock.nowMs();
    const batches = new Uint8Array(await read.value.response.arrayBuffer());
    const decoded = decodeBatches(batches, decompress, (record) => {
      if (record.offset < offset) return true;
      timestampMs = record.timestampMs;
      return false;
    });
    return decoded.ok ? ok(timestampMs) : decoded;
  }
}

import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { PartitionRef } from '../log/partition-ref.ts';
import type { ReadFrom, ReadPlan, ReadReply } from '../log/partition-rpc.ts';
import {
  type BatchesRead,
  type ObjectMissing,
  objectMissing,
  RemoteSegmentReader,
} from '../log/remote-segment-reader.ts';
import { StretchCache } from '../log/stretch-cache.ts';
import type { BlobStore } from '../platform/blob-store.ts';
import type { Clock } from '../platform/clock.ts';
import { PlanCache, type PlannedReply } from './plan-cache.ts';

/**
 * How long a partition is not asked again for what it planned: the high watermark and the log start that come with
 * tiered records are at most this old.
 */
const planLifetimeMs = limits.tieredPlanMs.value;

/** Bytes of objects kept, over all partitions. */
const cachedStretchBytes = 16 * 1024 * 1024;

/** What a reader that goes from one read to the next gets out of the store at once. */
const passingReadBytes = 4 * 1024 * 1024;

/** What another request reads is waited for this long: that request may end before it is done. */
const patienceMs = 1_000;

/** Segments that hold nothing any more (compaction) and are passed over in one read. */
const emptySegmentsMax = 16;

/** What an edge remembers of tiered segments between reads: caches only. */
export class TieredMemory {
  readonly stretches = new StretchCache(cachedStretchBytes);
  readonly plans = new PlanCache();
}

/** What a partition answered: its own batches in whatever form the caller takes them, or a plan. */
export type Asked<Local> = { readonly local: Local } | { readonly planned: PlannedReply };

/** What was read: what the partition answered itself, or a reply made from objects, perhaps with aborted transactions. */
export type TieredRead<Local> =
  | { readonly local: Local }
  | { readonly remote: ReadReply; readonly hasAborted: boolean };

type Place = ReadPlan['from'];

type Followed = BatchesRead & { readonly startOffset: number };

/**
 * Reads that reach tiered segments: the partition plans, and the edge that asked reads the objects itself, without the
 * partition as long as the plan lasts.
 */
export class TieredReader {
  readonly #segments: RemoteSegmentReader;
  readonly #clock: Clock;
  readonly #memory: TieredMemory;

  constructor(ports: {
    readonly blobs: BlobStore;
    readonly clock: Clock;
    readonly memory: TieredMemory;
    readonly pause: (ms: number) => Promise<void>;
  }) {
    this.#segments = new RemoteSegmentReader(ports.blobs, ports.memory.stretches, passingReadBytes, () =>
      ports.pause(patienceMs),
    );
    this.#clock = ports.clock;
    this.#memory = ports.memory;
  }

  /** Reads at most about `maxBytes`; `ask` has the partition answer or plan a read from where it is told. */
  async read<Local extends { readonly startOffset: number }>(
    ref: PartitionRef,
    from: ReadFrom,
    maxBytes: number,
    ask: (from: ReadFrom) => Promise<Result<Asked<Local>>>,
  ): Promise<Result<TieredRead<Local>>> {
    let place = from;
    let missing = 0;
    /** Where an offset led that the first segments hold nothing for: the read still began there. */
    let startOffset: number | null = null;
    for (let passed = 0; ; ) {
      const asked = await this.#plan(ref, place, ask);
      if (!asked.ok) return asked;
      if ('local' in asked.value) {
        const { local } = asked.value;
        return ok({ local: startOffset === null ? local : { ...local, startOffset } });
      }
      const { planned } = asked.value;
      if ('offset' in planned.plan.from) startOffset ??= planned.plan.from.offset;
      const read = await this.#follow(planned.plan, maxBytes);
      if (!read.ok) return read;
      if (read.value === objectMissing) {
        this.#memory.plans.forget(ref);
        missing += 1;
        if (missing > 1) return objectLost(planned);
        continue;
      }
      passed += 1;
      if (read.value.batches.length > 0 || passed === emptySegmentsMax) {
        const { highWatermark, logStartOffset, lastStableOffset, leaderEpoch, plan } = planned;
        const began = startOffset ?? read.value.startOffset;
        const bounds = { highWatermark, logStartOffset, lastStableOffset, leaderEpoch };
        const reply = { ...read.value, ...bounds, startOffset: began };
        return ok({ remote: reply, hasAborted: plan.hasAborted });
      }
      const { nextOffset } = read.value;
      place = 'offset' in planned.plan.from ? { offset: nextOffset } : { ...planned.plan.from, minOffset: nextOffset };
    }
  }

  async #plan<Local>(
    ref: PartitionRef,
    from: ReadFrom,
    ask: (from: ReadFrom) => Promise<Result<Asked<Local>>>,
  ): Promise<Result<Asked<Local>>> {
    const { plans } = this.#memory;
    const nowMs = this.#clock.nowMs();
    const known = typeof from === 'object' && 'offset' in from ? plans.find(ref, from.offset, nowMs) : null;
    if (known !== null) return ok({ planned: known });
    const asked = await ask(from);
    if (asked.ok && 'planned' in asked.value) plans.put(ref, asked.value.planned, nowMs + planLifetimeMs);
    return asked;
  }

  /** Reads from the first segment of the plan that has anything for it; nothing when none has, up to the plan's end. */
  async #follow({ segments, from }: ReadPlan, maxBytes: number): Promise<Result<Followed | ObjectMissing>> {
    let passedTo = 'offset' in from ? from.offset : from.minOffset;
    for (const segment of segments) {
      const start = await this.#resolve(segment, from);
      if (!start.ok) return start;
      if (start.value === objectMissing) return ok(objectMissing);
      passedTo = segment.lastOffset + 1;
      if (start.value === null) continue;
      const read = await this.#segments.read(segment, start.value, maxBytes);
      if (!read.ok) return read;
      if (read.value === objectMissing) return ok(objectMissing);
      if (read.value.batches.length > 0) return ok({ ...read.value, startOffset: start.value });
    }
    return ok({ batches: new Uint8Array(0), startOffset: passedTo, nextOffset: passedTo });
  }

  /** The offset a place means in this segment; null when nothing in it reaches the timestamp. */
  #resolve(segment: ReadPlan['segments'][number], place: Place): Promise<Result<number | null | ObjectMissing>> {
    if ('offset' in place) return Promise.resolve(ok(place.offset));
    return this.#segments.find(segment, place.timestampMs, place.minOffset);
  }
}

function objectLost({ startOffset }: PlannedReply): Result<never> {
  return failed(
    'KAFKA_STORAGE_ERROR',
    `The records at offset ${startOffset} are in an object that is not in the object store. They are not skipped; the operator must restore it.`,
    { offset: startOffset },
  );
}

import { failed, ok, type Result } from '../../errors/result.ts';
import type { BlobHead } from '../../platform/blob-store.ts';
import { storeFailure } from '../object-store-failure.ts';
import { SegmentObjectBuilder } from '../segment-object.ts';
import { segmentObjectKey } from '../segment-object-key.ts';
import { type LogRow, type Segment, SegmentStore } from '../segment-store.ts';
import { JobStore } from './job-store.ts';
import {
  type MaintainedPartition,
  type MaintenanceJob,
  type MaintenancePorts,
  unstableRetryMs,
} from './maintenance-job.ts';
import { ObjectTombstones, objectGraceMs } from './object-tombstones.ts';

/** Segments moved in one step: the alarm then has a turn for whatever else is due. */
const segmentsPerStep = 2;

/**
 * With more sealed segments than this waiting here, moving them comes first, so that the database stays small however
 * fast it is written to: a step moves more of them, and each is built in one turn while appends wait.
 */
const localSegmentsMax = 3;

const segmentsPerUrgentStep = 16;

/** Bytes read and checked in one turn while an object is built, so that appends do not wait for more than that. */
const bytesPerTurn = 1024 * 1024;

/** The object being made: stored before the first byte leaves, so that nothing is ever put that is not remembered. */
type TieringState = { readonly baseOffset: number; readonly lastOffset: number; readonly key: string };

type Built = { readonly bytes: Uint8Array; readonly sha256: string; readonly index: Uint8Array };

type SealedLocal = Segment & { readonly sealed: NonNullable<Segment['sealed']> };

/**
 * Moves sealed segments into objects, oldest first, so that tiered segments are always the beginning of the log:
 *
 * 1. the key is stored as the job's state;
 * 2. the object is put under it, create-only and with its checksum;
 * 3. what the store has under it is compared with what was sent;
 * 4. one transaction makes the segment remote, drops its rows and ends the job.
 *
 * A crash before 4 repeats the steps with the same key: the same rows give the same bytes, so an object that is there
 * already is the right one. One that is not is left to its tombstone, and the job begins anew under another key.
 */
export class Tiering implements MaintenanceJob {
  readonly kind = 'tiering';
  readonly #ports: MaintenancePorts;
  readonly #partition: MaintainedPartition;
  readonly #segments: SegmentStore;
  readonly #job: JobStore<TieringState>;
  readonly #tombstones: ObjectTombstones;
  #movedSegments = 0;
  #movedBytes = 0;

  constructor(ports: MaintenancePorts, partition: MaintainedPartition) {
    this.#ports = ports;
    this.#partition = partition;
    this.#segments = new SegmentStore(ports.sql);
    this.#job = new JobStore(ports.sql, this.kind);
    this.#tombstones = new ObjectTombstones(ports.sql);
  }

  get progress(): Readonly<Record<string, number>> {
    return { moved_segments: this.#movedSegments, moved_bytes: this.#movedBytes };
  }

  async run(nowMs: number): Promise<Result<number | null>> {
    const segmentsMax = this.#isUrgent() ? segmentsPerUrgentStep : segmentsPerStep;
    for (let moved = 0; moved < segmentsMax; moved += 1) {
      const segment = this.#nextSegment();
      if (segment === null) return ok(null);
      // What is in objects is decided, so that a plan for reading it holds for every reader.
      if (segment.sealed.lastOffset >= this.#partition.lastStableOffset()) return ok(nowMs + unstableRetryMs);
      const state = this.#plan(segment, nowMs);
      const done = await this.#move(segment, state);
      if (!done.ok) return done;
    }
    return ok(nowMs);
  }

  #isUrgent(): boolean {
    return this.#partition.log.sealedSegments.length > localSegmentsMax;
  }

  /** The oldest segment that is sealed and still here; null when there is none, or the topic keeps its segments here. */
  #nextSegment(): SealedLocal | null {
    const { config, closedAtMs } = this.#partition.identity();
    if (closedAtMs !== null) return null;
    const [oldest] = this.#partition.log.sealedSegments;
    if (oldest !== undefined && oldest.sealed !== null && config.millraceTiering !== 'false') {
      return { ...oldest, sealed: oldest.sealed };
    }
    const stored = this.#job.load();
    if (stored !== null) this.#abandon(stored);
    return null;
  }

  /** The job's state for this segment: the stored one, or a new one, stored before anything happens outside. */
  #plan(segment: SealedLocal, nowMs: number): TieringState {
    const stored = this.#job.load();
    const { baseOffset } = segment;
    const { lastOffset } = segment.sealed;
    if (stored !== null && stored.baseOffset === baseOffset && stored.lastOffset === lastOffset) return stored;
    const { ref } = this.#partition.identity();
    const range = { baseOffset, lastOffset };
    const state = { ...range, key: segmentObjectKey(ref, range, this.#ports.newObjectId()) };
    this.#ports.sql.transaction(() => {
      if (stored !== null) this.#bury(stored.key, nowMs);
      this.#job.store(state);
    });
    return state;
  }

  async #move(segment: SealedLocal, state: TieringState): Promise<Result<null>> {
    const made = await this.#build(segment);
    if (!made.ok) return made;
    const built = made.value;
    if (built === null) return ok(null);
    let head: BlobHead | null;
    try {
      await this.#ports.blobs.put(state.key, built.bytes, { sha256: built.sha256 });
      head = await this.#ports.blobs.head(state.key);
    } catch (cause) {
      return storeFailure(`take the segment at offset ${state.baseOffset}`, cause);
    }
    if (this.#partition.identity().closedAtMs !== null) return ok(null);
    const { bytes, sha256 } = built;
    if (head === null || head.sizeBytes !== bytes.length || head.sha256 !== sha256) {
      this.#abandon(state);
      return failed(
        'KAFKA_STORAGE_ERROR',
        `The object store has ${head === null ? 'no object' : `${head.sizeBytes} bytes with the SHA-256 ${head.sha256}`} under ${state.key}, where ${bytes.length} bytes with ${sha256} were put.`,
      );
    }
    this.#commit(segment, state, built);
    return ok(null);
  }

  /** The segment as an object; null when it went away meanwhile. */
  async #build(segment: SealedLocal): Promise<Result<Built | null>> {
    const { baseOffset } = segment;
    const { lastOffset, sizeBytes } = segment.sealed;
    const builder = new SegmentObjectBuilder({ baseOffset, lastOffset }, sizeBytes);
    for (let from = baseOffset; from <= lastOffset; ) {
      const rows = this.#segments.rows(baseOffset, from, bytesPerTurn);
      for (const row of rows) {
        const appended = builder.append(row.batches);
        if (!appended.ok) return appended;
        if (builder.nextOffset !== row.lastOffset + 1) return wrongOffsets(row);
      }
      const last = rows.at(-1);
      if (last === undefined) break;
      from = last.lastOffset + 1;
      if (this.#isUrgent()) continue;
      await this.#ports.yieldTurn();
      const isGone =
        this.#partition.identity().closedAtMs !== null || !this.#segments.isLocal(baseOffset, segment.sealed);
      if (isGone) return ok(null);
    }
    const { bytes, footer } = builder.finish();
    if (footer.dataBytes !== sizeBytes) {
      return failed(
        'KAFKA_STORAGE_ERROR',
        `The segment at offset ${baseOffset} was sealed with ${sizeBytes} bytes, but its rows have ${footer.dataBytes}.`,
        { offset: baseOffset },
      );
    }
    return ok({ bytes, sha256: this.#ports.sha256(bytes), index: footer.index });
  }

  /** The object is stored and verified: from here on the segment is read from it. */
  #commit(segment: SealedLocal, state: TieringState, built: Built): void {
    const { sql } = this.#ports;
    const isStillPlanned =
      this.#job.load()?.key === state.key && this.#segments.isLocal(segment.baseOffset, segment.sealed);
    // Dropped meanwhile: the next step finds the state without its segment and buries the object.
    if (!isStillPlanned) return;
    sql.transaction(() => {
      this.#segments.makeRemote(segment.baseOffset, {
        key: state.key,
        sizeBytes: built.bytes.length,
        sha256: built.sha256,
        index: built.index,
      });
      this.#job.clear();
    });
    this.#partition.reload();
    this.#movedSegments += 1;
    this.#movedBytes += segment.sealed.sizeBytes;
  }

  /** Ends a job whose segment is gone or whose object is not what it must be. What may be stored of it is deleted later. */
  #abandon(state: TieringState): void {
    this.#ports.sql.transaction(() => {
      this.#bury(state.key, this.#ports.clock.nowMs());
      this.#job.clear();
    });
  }

  /** Inside a transaction. */
  #bury(key: string, nowMs: number): void {
    this.#tombstones.add(key, nowMs + objectGraceMs);
    this.#partition.timers.arm('object-deletion', nowMs + objectGraceMs);
  }
}

function wrongOffsets(row: LogRow): Result<never> {
  return failed(
    'KAFKA_STORAGE_ERROR',
    `The row at offset ${row.baseOffset} should end at ${row.lastOffset}, but its batches do not.`,
    { offset: row.baseOffset },
  );
}

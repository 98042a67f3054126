import { ok, type Result } from '../../../errors/result.ts';
import { doesCompact } from '../../cleanup-policy.ts';
import type { CompactionUpkeep } from '../../partition-rpc.ts';
import { segmentObjectKey } from '../../segment-object-key.ts';
import { SegmentStore, type StoredSegment } from '../../segment-store.ts';
import type { MaintainedPartition, MaintenanceJob, MaintenancePorts } from '../maintenance-job.ts';
import { SegmentBatches } from '../segment-batches.ts';
import { eachBatch, recordKeys } from './batch-scan.ts';
import { type CleaningDecision, cleaningDeadlineMs, decideCleaning, groupLength } from './cleaning-decision.ts';
import { cleanBatch } from './cleaning-rule.ts';
import { type CleaningPass, type CleaningState, CleaningStateStore } from './cleaning-state.ts';
import { hashSecretOf } from './key-hash.ts';
import { KeyOffsets } from './key-offsets.ts';
import { OutputTable } from './output-table.ts';
import { bytesAfter, SegmentRewrite } from './segment-rewrite.ts';

/** Uncompacted segments that one pass looks at; with more, the next one goes on. */
const dirtySegmentsMax = 1_000;

/** Bytes whose keys are read in one step; the alarm then has a turn for whatever else is due. */
const scannedBytesPerStep = 16 * 1024 * 1024;

/** Segments looked at for one group. */
const groupCandidates = 64;

/** What a pass knows in memory: after a restart it is read anew. */
type Scan = {
  readonly endOffset: number;
  readonly keys: KeyOffsets;
  /** Keys of records below it are in; at the end of the pass all are. */
  nextOffset: number;
};

/**
 * Compacts the log as Kafka's cleaner does: a pass reads the keys of all records since the last pass, then rewrites the
 * log from its start, group of segments by group, without the records that a later one of their key has replaced.
 * Offsets, order and timestamps stay. A group is built beside the log and swapped in by one transaction, if its
 * segments are still those it was built from; so a crash loses the group under way and the keys, nothing else. Groups
 * are swapped in the order of the log: an older record of a key always goes before the tombstone that deleted it.
 */
export class Compaction implements MaintenanceJob {
  readonly kind = 'compaction';
  readonly #ports: MaintenancePorts;
  readonly #partition: MaintainedPartition;
  readonly #segments: SegmentStore;
  readonly #state: CleaningStateStore;
  readonly #source: SegmentBatches;
  readonly #rewrite: SegmentRewrite;
  #scan: Scan | null = null;
  #rewrittenSegments = 0;
  #removedRecords = 0;
  #removedBytes = 0;

  constructor(ports: MaintenancePorts, partition: MaintainedPartition) {
    this.#ports = ports;
    this.#partition = partition;
    this.#segments = new SegmentStore(ports.sql);
    this.#state = new CleaningStateStore(ports.sql);
    this.#source = new SegmentBatches(ports, partition);
    this.#rewrite = new SegmentRewrite(ports, partition);
  }

  get progress(): Readonly<Record<string, number>> {
    return {
      rewritten_segments: this.#rewrittenSegments,
      removed_records: this.#removedRecords,
      removed_bytes: this.#removedBytes,
    };
  }

  /** How the partition stands; null when its topic is not compacted. */
  describe(nowMs: number): CompactionUpkeep | null {
    if (!doesCompact(this.#partition.identity().config)) return null;
    const state = this.#state.load();
    const { cleanableRatio } = this.#decide(state, nowMs);
    return { cleanableRatio, cleanedOffset: state.cleanedOffset, cleanedAtMs: state.cleanedAtMs };
  }

  /** By when the open segment, begun at `nowMs`, is to be compacted at the latest; null when there is no such time. */
  firstDueMs(nowMs: number): number | null {
    const { config } = this.#partition.identity();
    return doesCompact(config) ? cleaningDeadlineMs(config, nowMs) : null;
  }

  async run(nowMs: number): Promise<Result<number | null>> {
    const { config } = this.#partition.identity();
    const state = this.#state.load();
    if (!doesCompact(config)) {
      this.#abandon(state, nowMs);
      return ok(null);
    }
    // What is on its way into objects is compacted there.
    const tieringDueMs = this.#partition.timers.dueMs('tiering');
    if (config.millraceTiering === 'true' && tieringDueMs !== null && tieringDueMs <= nowMs) return ok(nowMs);
    if (state.pass === null) return this.#begin(state, nowMs);
    if (this.#scan === null || this.#scan.endOffset !== state.pass.endOffset) {
      const keys = new KeyOffsets(hashSecretOf(this.#ports.newObjectId()));
      this.#scan = { endOffset: state.pass.endOffset, keys, nextOffset: state.cleanedOffset };
    }
    const { pass } = state;
    const done =
      this.#scan.nextOffset < pass.endOffset
        ? await this.#scanKeys(state, this.#scan)
        : await this.#cleanGroup(state, pass, this.#scan.keys);
    return done.ok ? ok(nowMs) : done;
  }

  #begin(state: CleaningState, nowMs: number): Result<number | null> {
    this.#scan = null;
    this.#rollOverdue(nowMs);
    const { endOffset, nextCheckMs } = this.#decide(state, nowMs);
    if (endOffset === null) return ok(earliest(nextCheckMs, this.#openDeadlineMs()));
    const pass = { endOffset, doneOffset: 0, objectKey: null };
    this.#ports.sql.transaction(() => this.#state.store({ ...state, pass }));
    return ok(nowMs);
  }

  #decide({ cleanedOffset }: CleaningState, nowMs: number): CleaningDecision {
    return decideCleaning(this.#segments.sealedFrom(cleanedOffset, dirtySegmentsMax), {
      config: this.#partition.identity().config,
      nowMs,
      cleanBytes: this.#segments.sealedBytesBelow(cleanedOffset),
      lastStableOffset: this.#partition.lastStableOffset(),
    });
  }

  #openDeadlineMs(): number | null {
    const open = this.#partition.log.filledOpenSegment;
    return open === null ? null : cleaningDeadlineMs(this.#partition.identity().config, open.createdAtMs);
  }

  /** The open segment is never compacted; when one of its records must be, it is open no longer. */
  #rollOverdue(nowMs: number): void {
    const deadlineMs = this.#openDeadlineMs();
    if (deadlineMs === null || deadlineMs > nowMs) return;
    this.#ports.sql.transaction(() => {
      this.#partition.log.roll(nowMs);
      this.#partition.timers.arm('tiering', nowMs);
    });
    this.#partition.reload();
  }

  /** Reads keys, as many as one step may. When they no longer fit into memory, the pass ends before the first that does not. */
  async #scanKeys(state: CleaningState, scan: Scan): Promise<Result<null>> {
    let scannedBytes = 0;
    const unfit: { offset: number | null } = { offset: null };
    for (const segment of this.#segments.sealedFrom(scan.nextOffset, groupCandidates)) {
      if (segment.baseOffset >= scan.endOffset || scannedBytes >= scannedBytesPerStep || unfit.offset !== null) break;
      const range = { from: scan.nextOffset, to: scan.endOffset };
      const aborted = this.#partition.abortedRanges(segment.baseOffset, segment.lastOffset + 1);
      const read = await this.#source.read(segment, scan.nextOffset, (batches) =>
        eachBatch(batches, (batch, header) => {
          const recorded = recordKeys(batch, header, scan.keys, range, aborted);
          if (!recorded.ok) return recorded;
          unfit.offset = recorded.value;
          return ok(unfit.offset === null);
        }),
      );
      if (!read.ok) return read;
      // Whatever replaced the segment is looked up by the next step.
      if (read.value === 'gone') return ok(null);
      scannedBytes += segment.sizeBytes;
      scan.nextOffset = segment.lastOffset + 1;
    }
    const isAllScanned = scannedBytes === 0 || scan.nextOffset >= scan.endOffset;
    if (unfit.offset !== null) this.#shorten(state, scan, unfit.offset);
    else if (isAllScanned) scan.nextOffset = scan.endOffset;
    return ok(null);
  }

  #shorten(state: CleaningState, scan: Scan, endOffset: number): void {
    const { pass } = state;
    if (pass === null) return;
    this.#ports.sql.transaction(() => this.#state.store({ ...state, pass: { ...pass, endOffset } }));
    this.#scan = { ...scan, endOffset, nextOffset: endOffset };
  }

  async #cleanGroup(state: CleaningState, pass: CleaningPass, keys: KeyOffsets): Promise<Result<null>> {
    const candidates = this.#segments
      .sealedFrom(pass.doneOffset, groupCandidates)
      .filter(({ baseOffset }) => baseOffset < pass.endOffset);
    const group = candidates.slice(0, candidates.length === 0 ? 0 : groupLength(candidates));
    if (group.length === 0) return this.#finish(pass);
    const planned = this.#plan(state, pass, group);
    const { isLastOfProducer } = this.#partition;
    const aborted = this.#partition.abortedRanges(group[0]?.baseOffset ?? 0, (group.at(-1)?.lastOffset ?? 0) + 1);
    const { deleteRetentionMs } = this.#partition.identity().config;
    const rule = { endOffset: pass.endOffset, keys, deleteRetentionMs, isLastOfProducer, aborted };
    const built = await this.#rewrite.build(group, planned.objectKey, (batch, header) =>
      cleanBatch(batch, header, { ...rule, nowMs: this.#ports.clock.nowMs() }),
    );
    if (!built.ok) return built;
    const nowMs = this.#ports.clock.nowMs();
    if (built.value === null || !this.#rewrite.isStillValid(built.value)) return ok(null);
    const { value } = built;
    this.#ports.sql.transaction(() => {
      this.#rewrite.swap(value, nowMs);
      const isObjectUsed = value.output.place === 'object';
      if (!isObjectUsed && planned.isObjectPlanned) this.#rewrite.bury(planned.objectKey, nowMs);
      const doneOffset = (group.at(-1)?.lastOffset ?? pass.doneOffset) + 1;
      this.#state.store({ ...state, pass: { ...pass, doneOffset, objectKey: null } });
    });
    if (value.output.place !== 'unchanged') {
      this.#partition.log.forgetTail();
      this.#partition.reload();
      this.#rewrittenSegments += group.length;
      this.#removedRecords += value.removedRecords;
      this.#removedBytes += group.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) - bytesAfter(value);
    }
    return ok(null);
  }

  /** The key of the object to be put, stored before it is: an earlier one, of a step that did not end, is left to its grace. */
  #plan(
    state: CleaningState,
    pass: CleaningPass,
    group: readonly StoredSegment[],
  ): { readonly objectKey: string; readonly isObjectPlanned: boolean } {
    const [first] = group;
    const isObjectPlanned = first?.objectKey !== null;
    if (!isObjectPlanned && pass.objectKey === null) return { objectKey: '', isObjectPlanned };
    const range = { baseOffset: first?.baseOffset ?? 0, lastOffset: group.at(-1)?.lastOffset ?? 0 };
    const objectKey = segmentObjectKey(this.#partition.identity().ref, range, this.#ports.newObjectId());
    this.#ports.sql.transaction(() => {
      if (pass.objectKey !== null) this.#rewrite.bury(pass.objectKey, this.#ports.clock.nowMs());
      this.#state.store({ ...state, pass: { ...pass, objectKey: isObjectPlanned ? objectKey : null } });
    });
    return { objectKey, isObjectPlanned };
  }

  #finish(pass: CleaningPass): Result<null> {
    const nowMs = this.#ports.clock.nowMs();
    this.#scan = null;
    this.#ports.sql.transaction(() => {
      if (pass.objectKey !== null) this.#rewrite.bury(pass.objectKey, nowMs);
      OutputTable.drop(this.#ports.sql);
      this.#state.store({ cleanedOffset: pass.endOffset, cleanedAtMs: nowMs, pass: null });
    });
    return ok(null);
  }

  /** The topic is no longer compacted: what was under way is undone, and what is clean is not remembered as such. */
  #abandon({ cleanedOffset, pass }: CleaningState, nowMs: number): void {
    this.#scan = null;
    if (pass === null && cleanedOffset === 0) return;
    this.#ports.sql.transaction(() => {
      if (pass !== null && pass.objectKey !== null) this.#rewrite.bury(pass.objectKey, nowMs);
      OutputTable.drop(this.#ports.sql);
      this.#state.store({ cleanedOffset: 0, cleanedAtMs: null, pass: null });
    });
  }
}

function earliest(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.min(left, right);
}

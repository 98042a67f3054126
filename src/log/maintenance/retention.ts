import { ok, type Result } from '../../errors/result.ts';
import { doesDelete } from '../cleanup-policy.ts';
import { storeLogStart } from '../partition-identity.ts';
import { SegmentStore, type StoredSegment } from '../segment-store.ts';
import { JobStore } from './job-store.ts';
import {
  type MaintainedPartition,
  type MaintenanceJob,
  type MaintenancePorts,
  unstableRetryMs,
} from './maintenance-job.ts';
import { ObjectTombstones, objectGraceMs } from './object-tombstones.ts';
import { decideRetention, segmentExpiryMs } from './retention-decision.ts';

/** Segments dropped in one transaction: each frees up to 16 MiB of pages, and appends wait meanwhile. */
const segmentsPerStep = 16;

/**
 * Records that have expired when they are stored, because their timestamps lie far back, stay at least this long
 * (Kafka looks every five minutes): otherwise every flush of them would be followed by dropping a segment.
 */
const expiredOnArrivalMs = 60 * 1000;

/** Where the log ended at some time. As long as it still ends there, nothing was appended since. */
type EndSeen = { readonly endOffset: number; readonly atMs: number };

/**
 * Drops the oldest segments when they are no longer to be kept: by `retention.ms`, by `retention.bytes`, or because
 * the log start was moved above them. One transaction moves the log start and drops, so that no reader is ever told of
 * records that are gone. A crash before it has changed nothing, one after it nothing but when the next step runs.
 */
export class Retention implements MaintenanceJob {
  readonly kind = 'retention';
  readonly #ports: MaintenancePorts;
  readonly #partition: MaintainedPartition;
  readonly #segments: SegmentStore;
  readonly #endSeen: JobStore<EndSeen>;
  readonly #tombstones: ObjectTombstones;
  #droppedSegments = 0;
  #droppedBytes = 0;

  constructor(ports: MaintenancePorts, partition: MaintainedPartition) {
    this.#ports = ports;
    this.#partition = partition;
    this.#segments = new SegmentStore(ports.sql);
    this.#endSeen = new JobStore(ports.sql, this.kind);
    this.#tombstones = new ObjectTombstones(ports.sql);
  }

  get progress(): Readonly<Record<string, number>> {
    return { dropped_segments: this.#droppedSegments, dropped_bytes: this.#droppedBytes };
  }

  /** Whether a segment more may make another one too many. */
  get isBoundInBytes(): boolean {
    const { config } = this.#partition.identity();
    return doesDelete(config) && config.retentionBytes >= 0;
  }

  async run(nowMs: number): Promise<Result<number | null>> {
    const { log } = this.#partition;
    const { config, logStartOffset } = this.#partition.identity();
    const sealed = this.#segments.sealedFrom(0, segmentsPerStep);
    const open = sealed.length < segmentsPerStep ? this.#openSegment(nowMs) : null;
    const segments = open === null ? sealed : [...sealed, open];
    const { dropCount, nextExpiryMs } = decideRetention(segments, {
      config,
      nowMs,
      totalBytes: log.localBytes + log.remote.totals().sizeBytes,
      logStartOffset,
      lastStableOffset: this.#partition.lastStableOffset(),
    });
    if (dropCount > 0) this.#drop(segments.slice(0, dropCount), nowMs);
    const mayBeMore = dropCount === segments.length && open === null && sealed.length === segmentsPerStep;
    if (mayBeMore) return ok(nowMs);
    // What has expired and still stays is not stable yet, and nobody says when it will be.
    return ok(nextExpiryMs === null || nextExpiryMs > nowMs ? nextExpiryMs : nowMs + unstableRetryMs);
  }

  /** When a segment is due for retention that has just got its first row; null when it is not by time. */
  firstDueMs(lastRowTimestampMs: number, nowMs: number): number | null {
    const { config } = this.#partition.identity();
    const segment = { lastOffset: 0, maxTimestampMs: lastRowTimestampMs, lastAppendMs: nowMs, sizeBytes: 0 };
    const expiryMs = segmentExpiryMs(config, segment);
    if (expiryMs !== null) return expiryMs > nowMs ? expiryMs : nowMs + expiredOnArrivalMs;
    return this.isBoundInBytes && config.retentionBytes === 0 ? nowMs + expiredOnArrivalMs : null;
  }

  /** The open segment as if it were sealed; null while it is empty. */
  #openSegment(nowMs: number): StoredSegment | null {
    const { log } = this.#partition;
    const open = log.filledOpenSegment;
    if (open === null) return null;
    const { baseOffset, lastRow } = open;
    // After a restart it is not known when the last append was; that matters only where timestamps do not say it.
    const isTimeNeeded = lastRow.max_timestamp < 0 || lastRow.max_timestamp > nowMs;
    if (open.lastAppendMs === null && isTimeNeeded) log.assumeAppendedBy(this.#endSeenAt(log.nextOffset, nowMs));
    return {
      baseOffset,
      lastOffset: lastRow.last_offset,
      maxTimestampMs: lastRow.max_timestamp,
      lastAppendMs: log.filledOpenSegment?.lastAppendMs ?? nowMs,
      createdAtMs: open.createdAtMs,
      sizeBytes: lastRow.end_bytes,
      objectKey: null,
    };
  }

  /** Since when the log is known to end there; from now on it is, if it was not. */
  #endSeenAt(endOffset: number, nowMs: number): number {
    const seen = this.#endSeen.load();
    if (seen !== null && seen.endOffset === endOffset) return seen.atMs;
    this.#ports.sql.transaction(() => this.#endSeen.store({ endOffset, atMs: nowMs }));
    return nowMs;
  }

  #drop(segments: readonly StoredSegment[], nowMs: number): void {
    const { sql } = this.#ports;
    const { log } = this.#partition;
    const last = segments.at(-1);
    if (last === undefined) return;
    const logStartOffset = Math.max(this.#partition.identity().logStartOffset, last.lastOffset + 1);
    sql.transaction(() => {
      if (log.filledOpenSegment?.baseOffset === last.baseOffset) log.roll(nowMs);
      for (const segment of segments) {
        this.#segments.drop(segment);
        if (segment.objectKey !== null) this.#tombstones.add(segment.objectKey, nowMs + objectGraceMs);
      }
      if (segments.some(({ objectKey }) => objectKey !== null)) {
        this.#partition.timers.arm('object-deletion', nowMs + objectGraceMs);
      }
      storeLogStart(sql, logStartOffset);
    });
    this.#partition.reload();
    this.#droppedSegments += segments.length;
    this.#droppedBytes += segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }
}

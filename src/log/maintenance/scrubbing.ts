import { ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import { SegmentStore, type StoredSegment } from '../segment-store.ts';
import type { DamageLog } from './damage-log.ts';
import { JobStore } from './job-store.ts';
import type { MaintainedPartition, MaintenanceJob, MaintenancePorts } from './maintenance-job.ts';
import { SegmentBatches } from './segment-batches.ts';

/** Every sealed segment is checked about this often, wherever it is. */
export const scrubPeriodMs = limits.scrubPeriodMs.value;

/** A partition with very many segments takes longer: it is not woken more often than this for them. */
const scrubPauseMinMs = 60 * 1000;

/** Where the next check begins; at the end of the log it begins anew. */
type ScrubState = { readonly nextOffset: number };

/**
 * Reads stored segments again, one a step, spread over a week, and compares every batch with its CRC: what decays where
 * nobody reads is found while a copy of it may still exist. The open segment is checked when it is moved or compacted.
 */
export class Scrubbing implements MaintenanceJob {
  readonly kind = 'scrubbing';
  readonly #ports: MaintenancePorts;
  readonly #partition: MaintainedPartition;
  readonly #segments: SegmentStore;
  readonly #state: JobStore<ScrubState>;
  readonly #source: SegmentBatches;
  readonly #damage: DamageLog;
  #checkedSegments = 0;
  #checkedBytes = 0;

  constructor(ports: MaintenancePorts, partition: MaintainedPartition, damage: DamageLog) {
    this.#ports = ports;
    this.#partition = partition;
    this.#segments = new SegmentStore(ports.sql);
    this.#state = new JobStore(ports.sql, this.kind);
    this.#source = new SegmentBatches(ports, partition);
    this.#damage = damage;
  }

  get progress(): Readonly<Record<string, number>> {
    return { checked_segments: this.#checkedSegments, checked_bytes: this.#checkedBytes };
  }

  async run(nowMs: number): Promise<Result<number | null>> {
    const segment = this.#nextSegment();
    if (segment === null) return ok(null);
    const read = await this.#source.read(segment, segment.baseOffset, () => ok(true));
    const isUnreachable = !read.ok && read.error.detail?.offset === undefined;
    if (isUnreachable) return read;
    if (!read.ok) this.#damage.note(read.error);
    else if (read.value === 'whole') this.#damage.clear(segment.baseOffset, segment.lastOffset);
    if (this.#partition.identity().closedAtMs !== null) return ok(null);
    this.#ports.sql.transaction(() => this.#state.store({ nextOffset: segment.lastOffset + 1 }));
    this.#checkedSegments += 1;
    this.#checkedBytes += segment.sizeBytes;
    const pauseMs = Math.floor(scrubPeriodMs / this.#partition.log.segmentCount);
    return ok(nowMs + Math.max(pauseMs, scrubPauseMinMs));
  }

  #nextSegment(): StoredSegment | null {
    const { logStartOffset } = this.#partition.identity();
    const from = Math.max(this.#state.load()?.nextOffset ?? 0, logStartOffset);
    return this.#segments.sealedFrom(from, 1)[0] ?? this.#segments.sealedFrom(logStartOffset, 1)[0] ?? null;
  }
}

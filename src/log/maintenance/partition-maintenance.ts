import type { Failure, Result } from '../../errors/result.ts';
import type { Timers } from '../../platform/timers.ts';
import { doesCompact } from '../cleanup-policy.ts';
import type { PartitionUpkeep } from '../partition-rpc.ts';
import { Compaction } from './compaction/compaction.ts';
import { DamageLog } from './damage-log.ts';
import {
  type MaintainedPartition,
  type MaintenanceJob,
  type MaintenancePorts,
  type MaintenanceReport,
  maintenanceKinds,
  unexpectedFailure,
} from './maintenance-job.ts';
import { ObjectDeletion } from './object-deletion.ts';
import { Retention } from './retention.ts';
import { Scrubbing, scrubPeriodMs } from './scrubbing.ts';
import { Tiering } from './tiering.ts';

/** The pause after a first failure; it doubles with every further one. */
const firstRetryMs = 1_000;

/** A job that keeps failing is tried this often: its cause may be one that only passes with time. */
const retryMaxMs = 5 * 60 * 1000;

/** Rounds of one call of {@link PartitionMaintenance.settle}; what is left then is due at once by the alarm. */
const roundsMax = 1_000;

/** How long one call of {@link PartitionMaintenance.settle} goes on: its caller waits for the answer. */
const settleMs = 10_000;

/** Runs a partition's jobs when their timers are due, one at a time. */
export class PartitionMaintenance {
  readonly damage: DamageLog;
  readonly #ports: MaintenancePorts;
  readonly #partition: MaintainedPartition;
  readonly #timers: Timers;
  /** In the order in which they run when several are due: what frees space in the object comes first. */
  readonly #jobs: readonly MaintenanceJob[];
  readonly #retention: Retention;
  readonly #compaction: Compaction;
  readonly #failures = new Map<string, { readonly count: number; readonly last: Failure }>();
  #running: Promise<void> = Promise.resolve();

  constructor(ports: MaintenancePorts, partition: MaintainedPartition) {
    this.#ports = ports;
    this.#partition = partition;
    this.#timers = partition.timers;
    this.#retention = new Retention(ports, partition);
    this.#compaction = new Compaction(ports, partition);
    this.damage = new DamageLog(ports, partition);
    this.#jobs = [
      this.#retention,
      new Tiering(ports, partition),
      this.#compaction,
      new ObjectDeletion(ports),
      new Scrubbing(ports, partition, this.damage),
    ];
  }

  /** A segment got its first row, with records up to this timestamp. Inside the transaction that wrote it. */
  onBegun(maxTimestampMs: number, nowMs: number): void {
    const dueMs = this.#retention.firstDueMs(maxTimestampMs, nowMs);
    if (dueMs !== null) this.#timers.arm('retention', dueMs);
    const deadlineMs = this.#compaction.firstDueMs(nowMs);
    if (deadlineMs !== null) this.#timers.arm('compaction', deadlineMs);
  }

  /** A segment was sealed. Inside the transaction that sealed it. */
  onSealed(nowMs: number): void {
    this.#timers.arm('tiering', nowMs);
    this.#timers.arm('scrubbing', nowMs + scrubPeriodMs);
    if (this.#retention.isBoundInBytes) this.#timers.arm('retention', nowMs);
    if (doesCompact(this.#partition.identity().config)) this.#timers.arm('compaction', nowMs);
  }

  /** The log start was moved: segments may lie below it. Inside the transaction that moved it. */
  onLogStartMoved(nowMs: number): void {
    this.#timers.arm('retention', nowMs);
  }

  /** The topic's config changed: what it asks for may be due now. Inside the transaction that stores it. */
  onConfigChanged(nowMs: number): void {
    for (const kind of maintenanceKinds) this.#timers.arm(kind, nowMs);
  }

  /** One step of every job that is due. Never throws for what a job does. */
  runDue(nowMs: number): Promise<void> {
    const round = this.#running.then(() => this.#runRound(nowMs));
    this.#running = round.catch(() => undefined);
    return round;
  }

  /** How maintenance stands, for the cluster. */
  describe(): PartitionUpkeep {
    const compaction = this.#compaction.describe(this.#ports.clock.nowMs());
    return { nextDueMs: this.#timers.nextMs(), compaction, damaged: this.damage.ranges };
  }

  /** Runs what is due now to its end, as far as that is not far, and says how every job stands. */
  async settle(): Promise<Pick<MaintenanceReport, 'jobs'>> {
    const before = this.#jobs.map(({ progress }) => progress);
    const endMs = this.#ports.clock.nowMs() + settleMs;
    for (let round = 0; round < roundsMax; round += 1) {
      const nowMs = this.#ports.clock.nowMs();
      if (nowMs >= endMs || this.#timers.due(nowMs).length === 0) break;
      await this.runDue(nowMs);
    }
    return {
      jobs: this.#jobs.map(({ kind, progress }, index) => ({
        kind,
        done: difference(progress, before[index] ?? {}),
        nextDueMs: this.#timers.dueMs(kind),
        failure: this.#failures.get(kind)?.last ?? null,
      })),
    };
  }

  async #runRound(nowMs: number): Promise<void> {
    if (this.#partition.identity().closedAtMs !== null) return;
    const due = new Set(this.#timers.due(nowMs));
    for (const job of this.#jobs) {
      if (!due.has(job.kind)) continue;
      this.#timers.begin(job.kind);
      const outcome = await this.#runSafely(job, nowMs);
      // A topic that was deleted meanwhile is purged, not maintained, and its tables may be gone.
      if (this.#partition.identity().closedAtMs !== null) return;
      const nextMs = outcome.ok ? outcome.value : this.#retryAtMs(job.kind, outcome.error);
      if (outcome.ok) this.#failures.delete(job.kind);
      this.#ports.sql.transaction(() => this.#timers.finish(job.kind, nextMs));
    }
    await this.#timers.armAlarm();
  }

  async #runSafely(job: MaintenanceJob, nowMs: number): Promise<Result<number | null>> {
    try {
      return await job.run(nowMs);
    } catch (cause) {
      // A transaction that threw may have been applied: what is in memory is read anew.
      if (this.#partition.identity().closedAtMs === null) this.#partition.reload();
      return { ok: false, error: unexpectedFailure(job.kind, cause) };
    }
  }

  #retryAtMs(kind: string, failure: Failure): number {
    const count = (this.#failures.get(kind)?.count ?? 0) + 1;
    this.#failures.set(kind, { count, last: failure });
    this.damage.note(failure);
    this.#ports.reportIncident({ event: `partition-${kind}-failed`, failure });
    return this.#ports.clock.nowMs() + Math.min(firstRetryMs * 2 ** Math.min(count - 1, 20), retryMaxMs);
  }
}

function difference(
  after: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]));
}

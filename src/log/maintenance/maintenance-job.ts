import { type Failure, failed, type Result } from '../../errors/result.ts';
import type { BlobStore } from '../../platform/blob-store.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SqlStore } from '../../platform/sql-store.ts';
import type { Timers } from '../../platform/timers.ts';
import type { PartitionIdentity } from '../partition-identity.ts';
import type { PartitionLog } from '../partition-log.ts';
import type { PartitionDescription } from '../partition-rpc.ts';
import type { BatchHeader } from '../record-batch.ts';
import type { AbortedRanges } from '../transactions/aborted-ranges.ts';

/** What is done to a partition besides appends and reads; also the names of timers and of stored job states. */
export const maintenanceKinds = ['retention', 'tiering', 'compaction', 'object-deletion', 'scrubbing'] as const;

export type MaintenanceKind = (typeof maintenanceKinds)[number];

/**
 * One kind of upkeep. A job does a bounded step a run and may die at any await: what it needs to go on stands in
 * `jobs` before its first effect, every effect may be repeated, and after each await it looks again at what it relies
 * on. A job changes the log only inside a transaction, and lets {@link MaintainedPartition.reload} take it over right after.
 */
export interface MaintenanceJob {
  readonly kind: MaintenanceKind;
  /** What was done since the object started, by name of what is counted: only grows. */
  readonly progress: Readonly<Record<string, number>>;
  /**
   * One step; answers when the next one is due, or null when nothing is left until the timer is armed again. A failure
   * is reported, and the step repeated later.
   */
  run(nowMs: number): Promise<Result<number | null>>;
}

/** While an open transaction holds up a job, it looks this often whether it was decided. */
export const unstableRetryMs = 5_000;

/** Something an operator should know of, though no request was answered with it. */
export type Incident = {
  /** What happened, as an event name in kebab-case. */
  readonly event: string;
  readonly failure: Failure;
};

/** What is reported of work that threw: a bug, or storage that gave way. */
export function unexpectedFailure(what: string, cause: unknown): Failure {
  const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return failed('UNKNOWN_SERVER_ERROR', `${what} ended unexpectedly: ${why}`).error;
}

/** What maintenance needs of the platform. */
export type MaintenancePorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly blobs: BlobStore;
  /** SHA-256, hex. */
  readonly sha256: (bytes: Uint8Array) => string;
  /** A new UUID. */
  readonly newObjectId: () => string;
  readonly reportIncident: (incident: Incident) => void;
  /** Lets other work of the object have its turn. */
  readonly yieldTurn: () => Promise<void>;
};

/** The partition as jobs see it; its identity changes while they run. */
export type MaintainedPartition = {
  readonly identity: () => PartitionIdentity;
  readonly log: PartitionLog;
  readonly timers: Timers;
  /** Nothing at or above it may be deleted, moved or compacted: it may still change for some readers. */
  readonly lastStableOffset: () => number;
  /** Tells which batches between two offsets are of aborted transactions. */
  readonly abortedRanges: (from: number, to: number) => AbortedRanges;
  /** Whether a batch is the newest one of a producer that is still remembered. */
  readonly isLastOfProducer: (header: BatchHeader) => boolean;
  /** Takes over in memory what a transaction of maintenance has changed, or may have changed. */
  readonly reload: () => void;
};

/** What was done at once because somebody asked for it. */
export type MaintenanceReport = {
  /** The partition as it is now. */
  readonly partition: PartitionDescription;
  readonly jobs: readonly {
    readonly kind: MaintenanceKind;
    /** What this round did, by name of what is counted. */
    readonly done: Readonly<Record<string, number>>;
    /** When the job is due again; null when nothing is left for it. */
    readonly nextDueMs: number | null;
    /** Why its last step failed; null when it did not. */
    readonly failure: Failure | null;
  }[];
};

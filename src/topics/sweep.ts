import type { PartitionUpkeep } from '../log/partition-rpc.ts';

/** A partition's own alarm has this long before the sweep looks: alarms come late under load, and that is not a loss. */
const alarmDelayMs = 2 * 60 * 1000;

/** However quiet a partition is, it is woken this often: what it said last may not be all that was armed since. */
const sweepPeriodMs = 24 * 60 * 60 * 1000;

/** After a partition was given to a sweep it has this long to report; then it is given out again. */
export const sweepRetryMs = 10 * 60 * 1000;

/** Partitions one sweep wakes: as many calls as a request may make, with room for the others. */
export const partitionsPerSweep = 200;

/** When a partition that reported this at `nowMs` is to be woken, unless it reports again. */
export function sweepAtMs({ nextDueMs }: PartitionUpkeep, nowMs: number): number {
  return Math.min(nowMs + sweepPeriodMs, Math.max(nextDueMs ?? Number.MAX_SAFE_INTEGER, nowMs) + alarmDelayMs);
}

/**
 * How often a coordinator of transactions is woken, busy or not: one whose alarm was lost may have left a transaction
 * open, which holds up committed readers.
 */
export const coordinatorSweepPeriodMs = 30 * 60 * 1000;

/** Coordinators one sweep wakes, beside its partitions; a cluster of more than six times as many takes longer. */
export const coordinatorsPerSweep = 100;

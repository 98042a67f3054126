import type { SimulationOutcome } from './simulation.ts';

/** What a number of seeds came to; several processes add theirs up. */
export type RunTotals = {
  seeds: number;
  virtualMs: number;
  loadMs: number;
  events: number;
  operations: number;
  failedSeeds: number[];
  counts: Record<string, number>;
};

export const noTotals = (): RunTotals => ({
  seeds: 0,
  virtualMs: 0,
  loadMs: 0,
  events: 0,
  operations: 0,
  failedSeeds: [],
  counts: {},
});

export function addOutcome(totals: RunTotals, outcome: SimulationOutcome): void {
  addTotals(totals, {
    seeds: 1,
    virtualMs: outcome.virtualMs,
    loadMs: outcome.loadMs,
    events: outcome.events,
    operations: outcome.report.operations,
    failedSeeds: outcome.violations.length > 0 ? [outcome.seed] : [],
    counts: Object.fromEntries(outcome.counts),
  });
}

export function addTotals(totals: RunTotals, more: RunTotals): void {
  totals.seeds += more.seeds;
  totals.virtualMs += more.virtualMs;
  totals.loadMs += more.loadMs;
  totals.events += more.events;
  totals.operations += more.operations;
  totals.failedSeeds.push(...more.failedSeeds);
  for (const [what, count] of Object.entries(more.counts)) totals.counts[what] = (totals.counts[what] ?? 0) + count;
}

/**
 * Rare states that a run of many seeds must have been in: one that is never reached is not tested, whatever the number
 * of seeds.
 */
const requiredStates = [
  'crash',
  'crash that lost commits',
  'eviction with sockets',
  'zombie',
  'call to a zombie',
  'storage throws',
  'storage full',
  'partition panic',
  'request lost',
  'lost request landed late',
  'reply lost',
  'call delivered twice',
  'slow call',
  'overload',
  'alarm lost',
  'alarm twice',
  'alarm retried',
  'clock jump',
  'edge crash',
  'client died for good',
  'object store call timed out but landed',
  'topic deleted',
  'partitions added',
  'config altered',
  'records deleted',
  'records compacted away',
  'log start moved',
  'objects at the end',
  'batch sent again',
  'batch recognised as a retry',
  'pipelined batch recognised as a retry',
  'several batches sent again in order',
  'request recognised by its key',
  'key refused after partitions were added',
  'read answered from objects',
  'subscriber resumed',
  'subscriber ran out of credit',
  'subscriber told of a gap',
  'subscriber told that its topic ended',
  'subscriber followed to the end',
  'fast subscriber resumed',
  'group of several came to rest',
  'member fell silent',
  'member fenced',
  'member told of a revocation',
  'partition given back',
  'two members with one id',
  'two members of one instance',
  'consume call repeated',
  'commit refused: OFFSET_OUT_OF_RANGE',
  'late commit moved an offset back',
  'offset reset',
  'shared partition worked off',
  'record delivered again',
  'decision came too late',
  'dead letters written',
  'transaction committed',
  'transaction aborted',
  'transaction of unknown outcome committed',
  'transaction aborted by an operator',
  'transactions came to rest',
  'two programs with one transactional id',
  'committed read before an open transaction',
  'inputs processed in a transaction',
  'marker told again',
] as const;

/** How often each of them at least, in a run of some hundred seeds: the rarest comes up about once in a hundred. */
const requiredCount = 3;

/** The states that were not reached often enough. */
export function missingStates(totals: RunTotals): string[] {
  return requiredStates.filter((state) => (totals.counts[state] ?? 0) < requiredCount);
}

export function describeTotals(totals: RunTotals, seconds: number): string {
  const hours = (ms: number) => (ms / 3_600_000).toFixed(1);
  const lines = Object.entries(totals.counts)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([what, count]) => `  ${String(count).padStart(9)}  ${what}`);
  const count = (what: string) => totals.counts[what] ?? 0;
  lines.push(
    `${totals.seeds} seeds in ${seconds.toFixed(0)} s: ${hours(totals.virtualMs)} simulated hours, ${hours(totals.loadMs)} of them under ` +
      `load and faults, the rest until the last deadline; ${totals.events} events, ${totals.operations} operations checked, ` +
      `${count('crash')} crashes, ${count('request lost') + count('reply lost')} calls lost, ` +
      `${count('call delivered twice')} delivered twice, ${totals.failedSeeds.length} seeds with violations`,
  );
  return lines.join('\n');
}

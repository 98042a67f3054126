import type { BenchContext } from './bench-context.ts';
import type { ServerProcess } from './child-process.ts';
import { processTreeCpuMs } from './cpu-time.ts';
import type { LoadJob } from './load-jobs.ts';
import type { LoadWindow } from './load-result.ts';
import type { Outcome, Target } from './outcome.ts';
import { medianOf, medianRatio, type Rounds, type Sample } from './rounds.ts';

/** A group of cases that share their rounds, so that each is compared with what ran beside it. */
export type Suite = {
  readonly name: string;
  readonly about: string;
  run(context: BenchContext): Promise<Outcome[]>;
};

/** A load without its window, which is the same for all of a run. */
export type WindowlessJob = LoadJob extends infer Job
  ? Job extends LoadJob
    ? Omit<Job, keyof LoadWindow>
    : never
  : never;

/**
 * Runs one load for one window. Rates are in records: `recordsEach` are in one request or frame. `serverCores` is
 * what the server under load used of the machine: below one core it waits, for the disk or for the load.
 */
export async function measure(
  context: BenchContext,
  job: WindowlessJob,
  server: ServerProcess | null,
  recordsEach = 1,
): Promise<Sample> {
  const { warmUpMs, windowMs } = context.effort;
  const cpuBeforeMs = server === null ? null : processTreeCpuMs(server.pid);
  const startedAtMs = performance.now();
  const result = await context.load.run({ ...job, warmUpMs, windowMs });
  const elapsedMs = performance.now() - startedAtMs;
  const cpuMs = server === null ? null : processTreeCpuMs(server.pid);
  return {
    rate: result.ratePerSecond * recordsEach,
    megabytes: result.receivedBytes / 1e3 / windowMs,
    answersEach: result.completed / Math.max(1, result.answerMessages),
    serverCores: cpuMs === null || cpuBeforeMs === null ? Number.NaN : (cpuMs - cpuBeforeMs) / elapsedMs,
    p50Ms: result.p50Ms,
    p90Ms: result.p90Ms,
    p99Ms: result.p99Ms,
  };
}

export type RowOptions = {
  readonly unit: string;
  /** Which figure of the samples is the value; `rate` by default. */
  readonly figure?: string;
  /** The contender that the ratio is against. */
  readonly against?: string;
  readonly target?: Target;
  readonly note?: string;
};

/** The outcome of one contender: medians over the rounds, the ratio taken within each round. */
export function row(name: string, rounds: Rounds, contender: string, options: RowOptions): Outcome {
  const figure = options.figure ?? 'rate';
  const { against, unit, target } = options;
  const value = medianOf(rounds, contender, figure);
  const note = [options.note, loadNote(rounds, contender)].filter(Boolean).join(', ');
  if (against === undefined || rounds[against] === undefined) return { case: name, value, unit, target, note };
  return {
    case: name,
    value,
    unit,
    baseline: { name: against, value: medianOf(rounds, against, figure) },
    ratio: medianRatio(rounds, contender, against, figure),
    target,
    note,
  };
}

/** Percentiles, and how busy the server was. */
function loadNote(rounds: Rounds, contender: string): string {
  const at = (figure: string) => medianOf(rounds, contender, figure).toFixed(2);
  const cores = Number.isFinite(medianOf(rounds, contender, 'serverCores'))
    ? `, server ${at('serverCores')} cores`
    : '';
  return `p50 ${at('p50Ms')} p90 ${at('p90Ms')} p99 ${at('p99Ms')} ms${cores}`;
}

export const ratioOfAtLeast = (reach: number, aim?: number, isGate = false): Target => ({
  of: 'ratio',
  reach,
  aim,
  better: 'more',
  isGate,
});

import type { BenchContext } from './bench-context.ts';
import type { LoadResult } from './load-result.ts';
import type { Outcome, Target } from './outcome.ts';
import { medianOf, medianRatio, type Rounds, type Sample } from './rounds.ts';

/** A group of cases that share their rounds, so that each is compared with what ran beside it. */
export type Suite = {
  readonly name: string;
  readonly about: string;
  run(context: BenchContext): Promise<Outcome[]>;
};

/** A load's figures with rates in records: `recordsEach` are in one request or frame. */
export function sampleOf(result: LoadResult, windowMs: number, recordsEach = 1): Sample {
  return {
    rate: result.ratePerSecond * recordsEach,
    megabytes: result.receivedBytes / 1e3 / windowMs,
    answersEach: result.completed / Math.max(1, result.answerMessages),
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
  const note = options.note ?? latencyNote(rounds, contender);
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

export function latencyNote(rounds: Rounds, contender: string): string {
  const at = (percentile: string) => medianOf(rounds, contender, percentile).toFixed(2);
  return `p50 ${at('p50Ms')} p90 ${at('p90Ms')} p99 ${at('p99Ms')} ms`;
}

export const ratioOfAtLeast = (reach: number, aim?: number, isGate = false): Target => ({
  of: 'ratio',
  reach,
  aim,
  better: 'more',
  isGate,
});

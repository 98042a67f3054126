/** How far behind a group was at a time. */
export type LagSample = { readonly atMs: number; readonly lag: number };

export type LagTrend = 'caught-up' | 'shrinking' | 'steady' | 'growing';

export type LagForecast = {
  readonly trend: LagTrend;
  /** Records a second by which the lag grows; below 0 it shrinks. */
  readonly recordsPerSecond: number;
  /** When it will be caught up if it goes on like this, from the last sample on; null when it will not. */
  readonly caughtUpInMs: number | null;
};

/** A change of less than this share of the lag in the time looked at is none: reports and measurements come unevenly. */
const steadyShare = 0.05;

/** Nobody is told of a time beyond this: until then everything has changed. */
const farthestMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Where lag is going, by the line that fits the samples best; null while there are fewer than two. A sample without lag
 * begins anew: how it went before says nothing of what came since.
 */
export function forecastLag(samples: readonly LagSample[]): LagForecast | null {
  const last = samples.at(-1);
  if (last === undefined) return null;
  if (last.lag === 0) return { trend: 'caught-up', recordsPerSecond: 0, caughtUpInMs: 0 };
  const caughtUpAt = samples.findLastIndex(({ lag }) => lag === 0);
  const recent = samples.slice(Math.max(caughtUpAt, 0));
  const [first] = recent;
  if (first === undefined || last.atMs <= first.atMs) return null;
  const recordsPerMs = slopeOf(recent);
  const recordsPerSecond = recordsPerMs * 1_000;
  const changed = recordsPerMs * (last.atMs - first.atMs);
  if (Math.abs(changed) < steadyShare * last.lag) return { trend: 'steady', recordsPerSecond, caughtUpInMs: null };
  if (changed > 0) return { trend: 'growing', recordsPerSecond, caughtUpInMs: null };
  const inMs = last.lag / -recordsPerMs;
  return { trend: 'shrinking', recordsPerSecond, caughtUpInMs: inMs > farthestMs ? null : Math.round(inMs) };
}

/** Least squares. */
function slopeOf(samples: readonly LagSample[]): number {
  const meanAtMs = samples.reduce((sum, { atMs }) => sum + atMs, 0) / samples.length;
  const meanLag = samples.reduce((sum, { lag }) => sum + lag, 0) / samples.length;
  let above = 0;
  let below = 0;
  for (const { atMs, lag } of samples) {
    above += (atMs - meanAtMs) * (lag - meanLag);
    below += (atMs - meanAtMs) ** 2;
  }
  return above / below;
}

import type { LagHistory, ThroughputHistory } from '../../../src/client/index.ts';

/** A line of a chart: a value a time, or null where there is none. */
export type ChartLine = {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** What has not happened yet is drawn dashed. */
  readonly isForecast?: boolean;
};

/** What a chart shows, from one time to another. */
export type ChartData = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly timesMs: readonly number[];
  readonly lines: readonly ChartLine[];
};

type Point = ThroughputHistory['points'][number];
type History = Pick<ThroughputHistory, 'from' | 'to' | 'step_ms' | 'points'>;

/** A rate of a point that has only begun says little: a second of a burst would look like a peak. */
const leastElapsedMs = 20_000;

/**
 * A counter as a rate a second. Where nothing was written there is no point, and the rate is 0: partitions tell whatever
 * they write. Before `sinceMs`, when what is shown was made, there is none.
 */
export function ratesOf(
  history: History,
  label: string,
  counter: 'records_in' | 'bytes_in',
  sinceMs: number,
): ChartData {
  const { from, to } = history;
  const timesMs = timesOf(history);
  const covering = coveringPoints(history, timesMs);
  const values = timesMs.map((atMs, index) => {
    const point = covering[index];
    const startMs = point?.at ?? atMs;
    const widthMs = point?.width_ms ?? history.step_ms;
    const elapsedMs = Math.min(startMs + widthMs, to) - startMs;
    if (elapsedMs < Math.min(leastElapsedMs, widthMs)) return null;
    if (point === undefined) return atMs + widthMs <= sinceMs ? null : 0;
    return (point[counter] / elapsedMs) * 1_000;
  });
  return { fromMs: from, toMs: to, timesMs, lines: [{ label, values }] };
}

/** What is kept: it stays as it is until a partition says otherwise. Before the first time that is known there is none. */
export function storageOf(history: History): ChartData {
  const { from, to } = history;
  const timesMs = timesOf(history);
  const covering = coveringPoints(history, timesMs);
  const carried = (gauge: 'local_bytes' | 'remote_bytes') => {
    let known: number | null = null;
    return covering.map((point) => {
      known = point?.[gauge] ?? known;
      return known;
    });
  };
  return {
    fromMs: from,
    toMs: to,
    timesMs,
    lines: [
      { label: 'Partitions', values: carried('local_bytes') },
      { label: 'Object store', values: carried('remote_bytes') },
    ],
  };
}

/** Where the lag will be: a time after the last one, and how much of it is left by then. */
export type LagAhead = { readonly atMs: number; readonly lag: number };

/**
 * What was measured of a group, with a gap where nobody measured for longer than `gapMs`. The last is how it is now, and
 * `ahead` where it goes.
 */
export function lagOf(
  { from, points }: LagHistory,
  now: { readonly atMs: number; readonly lag: number; readonly lagMs: number },
  gapMs: number,
  ahead: LagAhead | null,
): { readonly lag: ChartData; readonly lagMs: ChartData } {
  const measured = points
    .filter(({ at }) => at >= from && at < now.atMs)
    .map(({ at, lag, lag_ms }) => ({ atMs: at, lag, lagMs: lag_ms }));
  const timesMs: number[] = [];
  const lag: (number | null)[] = [];
  const lagMs: (number | null)[] = [];
  for (const sample of [...measured, now]) {
    const before = timesMs.at(-1);
    if (before !== undefined && sample.atMs - before > gapMs) {
      timesMs.push(before + 1);
      lag.push(null);
      lagMs.push(null);
    }
    timesMs.push(sample.atMs);
    lag.push(sample.lag);
    lagMs.push(sample.lagMs);
  }
  const frame = { fromMs: from, toMs: now.atMs, timesMs };
  const shown = { ...frame, lines: [{ label: 'Lag', values: lag }] };
  return {
    lag: ahead === null ? shown : withForecast(shown, ahead),
    lagMs: { ...frame, lines: [{ label: 'Behind by', values: lagMs }] },
  };
}

function withForecast(shown: ChartData, ahead: LagAhead): ChartData {
  const { timesMs, lines } = shown;
  const [line] = lines;
  if (line === undefined) return shown;
  const forecast = timesMs.map((_, index) => (index === timesMs.length - 1 ? (line.values[index] ?? null) : null));
  return {
    ...shown,
    toMs: ahead.atMs,
    timesMs: [...timesMs, ahead.atMs],
    lines: [
      { ...line, values: [...line.values, null] },
      { label: 'Forecast', values: [...forecast, ahead.lag], isForecast: true },
    ],
  };
}

/** The beginnings of all points that there may be. */
function timesOf({ from, to, step_ms }: History): number[] {
  const first = Math.floor(from / step_ms) * step_ms;
  return Array.from({ length: Math.max(0, Math.ceil((to - first) / step_ms)) }, (_, index) => first + index * step_ms);
}

/** The point that each time lies in: one that is kept less finely has several. */
function coveringPoints({ points }: History, timesMs: readonly number[]): (Point | undefined)[] {
  let next = 0;
  return timesMs.map((atMs) => {
    for (let point = points[next]; point !== undefined && point.at + point.width_ms <= atMs; point = points[next]) {
      next += 1;
    }
    const point = points[next];
    return point !== undefined && point.at <= atMs ? point : undefined;
  });
}

import { foldValues, type MetricValues } from './metric.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A stretch of time in which something was measured. It begins at a multiple of its width (UTC). */
export type Bucket = { readonly startMs: number; readonly widthMs: number; readonly values: MetricValues };

/** Buckets in the order of time that do not overlap, the older the wider. Where nothing was measured there is none. */
export type MetricSeries = readonly Bucket[];

/**
 * How fine the past is kept: minutes for two hours, then five minutes for a day, hours for two weeks, and days for as
 * long as usage has them. At most 1,100 buckets in all.
 */
export const seriesLevels = [
  { widthMs: minuteMs, keptMs: 2 * hourMs },
  { widthMs: 5 * minuteMs, keptMs: dayMs },
  { widthMs: hourMs, keptMs: 14 * dayMs },
  { widthMs: dayMs, keptMs: 400 * dayMs },
] as const;

/** What a reader may ask for as the width of a bucket. */
export const seriesStepsMs: readonly number[] = seriesLevels.map(({ widthMs }) => widthMs);

/** The finest bucket. */
export const finestMs = minuteMs;

export const emptySeries: MetricSeries = [];

/** The beginning of the finest bucket that a time lies in. */
export function minuteOf(atMs: number): number {
  return floorTo(atMs, finestMs);
}

/**
 * The series with more in it. What lies within a bucket that has been folded into a wider one is entered there.
 */
export function mergeSeries(one: MetricSeries, other: MetricSeries): MetricSeries {
  if (other.length === 0) return one;
  const buckets = [...one, ...other].sort(
    (left, right) => left.startMs - right.startMs || right.widthMs - left.widthMs,
  );
  const merged: Bucket[] = [];
  for (const bucket of buckets) {
    const last = merged.at(-1);
    if (last !== undefined && bucket.startMs < last.startMs + last.widthMs) {
      merged[merged.length - 1] = { ...last, values: foldValues(last.values, bucket.values) };
    } else {
      merged.push(bucket);
    }
  }
  return merged;
}

/** Folds what has become old into wider buckets, and drops what is older than all levels keep. */
export function compactSeries(series: MetricSeries, nowMs: number): MetricSeries {
  const bounds = seriesLevels.map(({ keptMs }, index) =>
    // A wider bucket is either whole or not there yet: the bound lies where one begins.
    floorTo(nowMs - keptMs, seriesLevels[index + 1]?.widthMs ?? dayMs),
  );
  const oldestMs = bounds.at(-1) ?? nowMs;
  const wide = series.flatMap((bucket) => {
    if (bucket.startMs < oldestMs) return [];
    const level = bounds.findIndex((boundMs) => bucket.startMs >= boundMs);
    return [widened(bucket, seriesLevels[level]?.widthMs ?? dayMs)];
  });
  return mergeSeries(emptySeries, wide);
}

/**
 * What was measured from `fromMs` to before `toMs`, in buckets of `stepMs`, the first being the one that `fromMs` lies
 * in. Where the past is kept less finely, its buckets come as wide as they are kept.
 */
export function windowOf(
  series: MetricSeries,
  { fromMs, toMs, stepMs }: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
): MetricSeries {
  const startMs = floorTo(fromMs, stepMs);
  const inside = series.filter((bucket) => bucket.startMs + bucket.widthMs > startMs && bucket.startMs < toMs);
  return mergeSeries(
    emptySeries,
    inside.map((bucket) => widened(bucket, stepMs)),
  );
}

function widened(bucket: Bucket, widthMs: number): Bucket {
  if (bucket.widthMs >= widthMs) return bucket;
  return { ...bucket, startMs: floorTo(bucket.startMs, widthMs), widthMs };
}

function floorTo(atMs: number, widthMs: number): number {
  return Math.floor(atMs / widthMs) * widthMs;
}

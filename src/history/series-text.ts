import { type MetricName, metricKinds } from './metric.ts';
import { type Bucket, finestMs, type MetricSeries, seriesLevels } from './metric-series.ts';

/**
 * A series as it is stored: which metrics it has, then a bucket an array: minutes since the bucket before (of the first,
 * since 1970), the place of its width among the levels, and a value or null a metric. Nulls at the end are left out.
 */
type SeriesText = readonly [names: readonly string[], buckets: readonly (readonly (number | null)[])[]];

export function writeSeries(series: MetricSeries): string {
  const names = [...new Set(series.flatMap(({ values }) => Object.keys(values)))] as MetricName[];
  let minute = 0;
  const buckets = series.map(({ startMs, widthMs, values }) => {
    const at = startMs / finestMs;
    const row: (number | null)[] = [at - minute, seriesLevels.findIndex((level) => level.widthMs === widthMs)];
    minute = at;
    for (const name of names) row.push(values[name] ?? null);
    while (row.at(-1) === null) row.pop();
    return row;
  });
  return JSON.stringify([names, buckets] satisfies SeriesText);
}

/** Metrics that this version does not know are left out. */
export function readSeries(text: string): MetricSeries {
  const [names, rows] = JSON.parse(text) as SeriesText;
  let minute = 0;
  return rows.map(([gap, level, ...numbers]): Bucket => {
    minute += gap ?? 0;
    const values: Partial<Record<MetricName, number>> = {};
    for (const [index, name] of names.entries()) {
      const value = numbers[index] ?? null;
      if (isMetric(name) && value !== null) values[name] = value;
    }
    const widthMs = seriesLevels[level ?? 0]?.widthMs ?? finestMs;
    return { startMs: minute * finestMs, widthMs, values };
  });
}

function isMetric(name: string): name is MetricName {
  return Object.hasOwn(metricKinds, name);
}

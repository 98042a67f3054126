import type { PastValue } from '../alerts/alert-preview.ts';
import type { AlertMetric } from '../alerts/alert-rule.ts';
import type { MetricValues } from '../history/metric.ts';
import { type MetricSeries, windowOf } from '../history/metric-series.ts';

/** Alerts are evaluated so often, so the past is looked at so often too. */
export const pastStepMs = 5 * 60_000;

/** What is kept of the past of a metric: a rate of what was counted, or what was measured; null: nothing is. */
const pastOf: Readonly<Record<AlertMetric, ((values: MetricValues) => number | undefined) | null>> = {
  lag: ({ lag }) => lag,
  lag_ms: ({ lagMs }) => lagMs,
  records_in_per_second: ({ recordsIn }) => recordsIn,
  bytes_in_per_second: ({ bytesIn }) => bytesIn,
  stored_bytes: ({ localBytes, remoteBytes }) =>
    localBytes === undefined ? undefined : localBytes + (remoteBytes ?? 0),
  damaged_ranges: null,
  budget_percent: null,
};

const rates: readonly AlertMetric[] = ['records_in_per_second', 'bytes_in_per_second'];

/** Whether a history of the metric is kept. */
export function isPastKept(metric: AlertMetric): boolean {
  return pastOf[metric] !== null;
}

/**
 * What a rule would have seen from `fromMs` to `toMs`, one value for each step that is over. Where nothing was written a
 * rate is 0; where nothing was measured there is no value.
 */
export function pastValues(
  metric: AlertMetric,
  series: MetricSeries,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): PastValue[] {
  const read = pastOf[metric];
  if (read === null) return [];
  const firstMs = Math.ceil(fromMs / pastStepMs) * pastStepMs;
  const buckets = new Map(
    windowOf(series, { fromMs: firstMs, toMs, stepMs: pastStepMs }).map((bucket) => [bucket.startMs, bucket]),
  );
  const values: PastValue[] = [];
  for (let startMs = firstMs; startMs + pastStepMs <= toMs; startMs += pastStepMs) {
    const found = buckets.get(startMs);
    const atMs = startMs + pastStepMs;
    if (rates.includes(metric)) {
      values.push({ atMs, value: (found === undefined ? 0 : (read(found.values) ?? 0)) / (pastStepMs / 1_000) });
    } else if (found !== undefined) {
      const value = read(found.values);
      if (value !== undefined) values.push({ atMs, value });
    }
  }
  return values;
}

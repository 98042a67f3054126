/**
 * What is kept of the past. Counters say how much there was within a bucket, and are added up when buckets are folded
 * into a longer one; of gauges the longer bucket keeps the largest.
 */
export const metricKinds = {
  recordsIn: 'counter',
  bytesIn: 'counter',
  localBytes: 'gauge',
  remoteBytes: 'gauge',
  lag: 'gauge',
  lagMs: 'gauge',
} as const;

export type MetricName = keyof typeof metricKinds;

export type MetricValues = Readonly<Partial<Record<MetricName, number>>>;

export const metricNames = Object.keys(metricKinds) as readonly MetricName[];

/** What two stretches of time come to together. Either order gives the same. */
export function foldValues(one: MetricValues, other: MetricValues): MetricValues {
  return combine(one, other, (name, left, right) =>
    metricKinds[name] === 'counter' ? left + right : Math.max(left, right),
  );
}

/** What two parts of one thing, as partitions of a topic are, come to together at the same time. */
export function addValues(one: MetricValues, other: MetricValues): MetricValues {
  return combine(one, other, (_name, left, right) => left + right);
}

function combine(
  one: MetricValues,
  other: MetricValues,
  both: (name: MetricName, left: number, right: number) => number,
): MetricValues {
  const values: Partial<Record<MetricName, number>> = { ...one };
  for (const name of metricNames) {
    const right = other[name];
    if (right === undefined) continue;
    const left = one[name];
    values[name] = left === undefined ? right : both(name, left, right);
  }
  return values;
}

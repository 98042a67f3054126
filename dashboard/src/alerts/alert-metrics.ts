import type { Alert } from '../../../src/client/index.ts';
import { formatBytes, formatCount, formatDuration } from '../lib/format.ts';

export type Metric = Alert['metric'];

type Kind = 'count' | 'duration' | 'bytes' | 'percent';

type MetricText = {
  readonly label: string;
  /** What it is, and what to write as its threshold. */
  readonly hint: string;
  readonly kind: Kind;
  /** After a value. */
  readonly unit: string;
  readonly targets: readonly Alert['target']['type'][];
};

/** What a rule can look at, in the words of the form. */
export const metrics: Readonly<Record<Metric, MetricText>> = {
  lag_ms: {
    label: 'Time behind',
    hint: 'How long the next record has waited: 90s, 10m, 2h.',
    kind: 'duration',
    unit: '',
    targets: ['group'],
  },
  lag: {
    label: 'Lag',
    hint: 'Records after the committed offsets, all partitions together.',
    kind: 'count',
    unit: ' records',
    targets: ['group'],
  },
  records_in_per_second: {
    label: 'Records in a second',
    hint: 'The mean of the last five minutes. Below 0.1 is nearly nothing.',
    kind: 'count',
    unit: ' records/s',
    targets: ['topic', 'cluster'],
  },
  bytes_in_per_second: {
    label: 'Bytes in a second',
    hint: 'The mean of the last five minutes: 500 kB, 10 MB.',
    kind: 'bytes',
    unit: '/s',
    targets: ['topic', 'cluster'],
  },
  stored_bytes: {
    label: 'What is stored',
    hint: 'In partitions and in the object store: 500 MB, 20 GB.',
    kind: 'bytes',
    unit: '',
    targets: ['topic', 'cluster'],
  },
  damaged_ranges: {
    label: 'Damage',
    hint: 'Stretches of the log whose checksums are wrong. Above 0 is any.',
    kind: 'count',
    unit: ' ranges',
    targets: ['topic', 'cluster'],
  },
  budget_percent: {
    label: 'Budget used',
    hint: 'Percent of the budget of this month.',
    kind: 'percent',
    unit: '%',
    targets: ['organization'],
  },
};

export const metricNames = Object.keys(metrics) as readonly Metric[];

/** A value with its unit, for people. */
export function amountText(metric: Metric, value: number): string {
  const { kind, unit } = metrics[metric];
  const number = kind === 'bytes' ? formatBytes(value) : kind === 'duration' ? formatDuration(value) : countText(value);
  return `${number}${unit}`;
}

const countText = (value: number) =>
  Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(3)));

const units: Readonly<Record<Kind, readonly (readonly [unit: string, size: number])[]>> = {
  count: [],
  percent: [],
  duration: [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ],
  bytes: [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
    ['B', 1],
  ],
};

/** Reads a threshold as people write it; null when it is none. */
export function parseAmount(metric: Metric, text: string): number | null {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  if (number === undefined) return null;
  const known = units[metrics[metric].kind];
  if (unit === '') return metrics[metric].kind === 'duration' ? null : Number(number);
  const found = known.find(([name]) => name.toLowerCase() === unit.toLowerCase());
  return found === undefined ? null : Number(number) * found[1];
}

/** A threshold as {@link parseAmount} reads it, exactly. */
export function writeAmount(metric: Metric, value: number): string {
  const [unit, size] = units[metrics[metric].kind].find(([, one]) => value >= one && value % one === 0) ?? [];
  if (unit === undefined || size === undefined)
    return metrics[metric].kind === 'duration' ? `${value}ms` : String(value);
  return metrics[metric].kind === 'bytes' ? `${value / size} ${unit}` : `${value / size}${unit}`;
}

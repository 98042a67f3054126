import { type AlertCondition, type AlertMetric, type AlertTarget, alertMetrics } from './alert-rule.ts';

/** What stands before the name of what is watched. */
const phraseOf: Readonly<Record<AlertMetric, string>> = {
  lag: 'lag of',
  lag_ms: 'delay of',
  records_in_per_second: 'records into',
  bytes_in_per_second: 'bytes into',
  stored_bytes: 'storage of',
  damaged_ranges: 'damage of',
  budget_percent: 'used budget of',
};

/** The rule as one sentence without its full stop: `lag of group billing above 1,000 records for 5 min`. */
export function conditionSentence({ metric, target, comparison, threshold, forMs }: AlertCondition): string {
  const lasting = forMs === 0 ? '' : ` for ${renderDuration(forMs)}`;
  return `${phraseOf[metric]} ${renderTarget(target)} ${comparison} ${renderAmount(metric, threshold)}${lasting}`;
}

/** A value with its unit: `1,234 records`, `1.5 GB`, `4 min`, `83%`. */
export function renderAmount(metric: AlertMetric, value: number): string {
  switch (alertMetrics[metric].unit) {
    case 'bytes':
      return renderBytes(value);
    case 'bytes/s':
      return `${renderBytes(value)}/s`;
    case 'ms':
      return renderDuration(value);
    case 'percent':
      return `${renderNumber(value)}%`;
    default:
      return `${renderNumber(value)} ${alertMetrics[metric].unit}`;
  }
}

/** `group billing`, `topics web-*`, `all topics`, `the cluster`. */
export function renderTarget(target: AlertTarget): string {
  if (!('name' in target)) return `the ${target.type}`;
  const { type, name, pattern } = target;
  if (pattern === 'literal') return `${type} ${name}`;
  return name === '' ? `all ${type}s` : `${type}s ${name}*`;
}

function renderNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 });
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

function renderBytes(bytes: number): string {
  const power = Math.min(byteUnits.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1_000 ** power;
  return `${value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 })} ${byteUnits[power]}`;
}

const durationUnits = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** The two largest units, the smaller one only where it is not zero: `1 h 30 min`. */
function renderDuration(ms: number): string {
  const largest = durationUnits.findIndex(([, unitMs]) => ms >= unitMs);
  if (largest === -1) return `${Math.round(ms)} ms`;
  let rest = ms;
  const parts: string[] = [];
  for (const [unit, unitMs] of durationUnits.slice(largest, largest + 2)) {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ');
}

const count = new Intl.NumberFormat('en-US');
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** 8,123,456: every digit, for offsets and counts that one compares. */
export function formatCount(value: number): string {
  return count.format(value);
}

/** 8.1M: for places where the size matters and not the digits. */
export function formatCompact(value: number): string {
  return compact.format(value);
}

/** `8.1K/s`, `0.031/s`: with as many digits as say something. */
export function formatRate(perSecond: number): string {
  return `${perSecond >= 100 ? formatCompact(Math.round(perSecond)) : Number(perSecond.toPrecision(2))}/s`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Decimal units, as bills and disks have them. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < byteUnits.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

export function formatByteRate(perSecond: number): string {
  return `${formatBytes(perSecond)}/s`;
}

const durationUnits = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** The two largest units: `2 d 4 h`, `12 s`, `340 ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const parts: string[] = [];
  let rest = Math.round(ms / 1_000) * 1_000;
  for (const [unit, size] of durationUnits) {
    const amount = Math.floor(rest / size);
    if (amount > 0) parts.push(`${amount} ${unit}`);
    rest -= amount * size;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

/** `1 partition`, `2 partitions`. */
export function plural(amount: number, one: string, many = `${one}s`): string {
  return `${formatCount(amount)} ${amount === 1 ? one : many}`;
}

/** Dollars with as many digits as say something: `$12.30`, `$0.0041`, `$0`. */
export function formatDollars(dollars: number): string {
  if (dollars === 0) return '$0';
  return `$${dollars >= 1 ? dollars.toFixed(2) : dollars.toPrecision(2)}`;
}

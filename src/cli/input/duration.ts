import { UsageError } from '../command.ts';

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `500ms`, `30s`, `15m`, `12h` or `30d` in ms; null for any other text. */
export function parseDurationMs(text: string): number | null {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  return count === undefined || unit === undefined ? null : Number(count) * (unitMs[unit] ?? 0);
}

/** The duration of an option in ms; throws a UsageError for a text that is none. */
export function durationOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDurationMs(text);
  if (ms === null) throw new UsageError(`${option} takes a duration such as 15m, 12h or 30d, not "${text}".`);
  return ms;
}

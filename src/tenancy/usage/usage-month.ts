import { dayOf, dayStartMs } from '../../log/usage/usage-counts.ts';
import type { UsageRow } from './usage-ledger.ts';

/** A month (UTC) as days since 1970, both inclusive. */
export type Month = { readonly firstDay: number; readonly lastDay: number };

const dayMs = 24 * 60 * 60 * 1000;

/** A forecast goes by so many days before now. */
const forecastDays = 7;

export function monthOf(atMs: number): Month {
  const date = new Date(atMs);
  const startMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  const endMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  return { firstDay: dayOf(startMs), lastDay: dayOf(endMs) - 1 };
}

/**
 * What the month will have come to when it ends: what it has, and for the rest of it as much a day as in the last seven
 * (or since the first day with usage, when that is later, but at least one day).
 */
export function forecast(days: readonly UsageRow[], amountOf: (day: UsageRow) => number, nowMs: number): number {
  const { firstDay, lastDay } = monthOf(nowMs);
  const today = dayOf(nowMs);
  const amountFrom = (day: number) =>
    days.reduce((sum, row) => (Number(row.group) >= day ? sum + amountOf(row) : sum), 0);
  const firstUsed = days.reduce((first, { group }) => Math.min(first, Number(group)), today);
  const sampleFrom = Math.max(firstUsed, today - forecastDays + 1);
  const sampleDays = Math.max(1, (nowMs - dayStartMs(sampleFrom)) / dayMs);
  const restDays = (dayStartMs(lastDay + 1) - nowMs) / dayMs;
  return amountFrom(firstDay) + (amountFrom(sampleFrom) / sampleDays) * restDays;
}

/** The days that a forecast looks at. */
export function forecastRange(nowMs: number): { readonly fromDay: number; readonly toDay: number } {
  const today = dayOf(nowMs);
  return { fromDay: Math.min(monthOf(nowMs).firstDay, today - forecastDays + 1), toDay: today };
}

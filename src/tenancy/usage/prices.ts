import type { UsageCounts } from '../../log/usage/usage-counts.ts';

/** The day on which Cloudflare's list had these prices (paid plan, beyond what it includes); docs/cost.md. */
export const pricesAsOf = '2026-11-20';

/** US dollars a unit. A request is one of the Worker; hours are of a byte that is kept. */
export const prices = {
  requests: 0.3e-6,
  objectRequests: 0.15e-6,
  rowsRead: 0.001e-6,
  rowsWritten: 1e-6,
  classA: 4.5e-6,
  classB: 0.36e-6,
  localByteHours: 0.2 / 1e9 / 730,
  remoteByteHours: 0.015 / 1e9 / 730,
} as const;

/** What is billed of a topic, a key and a day, and what is not but is counted all the same. */
export type UsageTotals = UsageCounts & {
  /** Bytes in the database, and in R2, times the hours for which they were kept. */
  readonly localByteHours: number;
  readonly remoteByteHours: number;
};

const priced = Object.keys(prices) as (keyof typeof prices)[];

/** What the counted units cost by these prices. */
export function dollarsOf(totals: UsageTotals): number {
  return priced.reduce((sum, unit) => sum + totals[unit] * prices[unit], 0);
}

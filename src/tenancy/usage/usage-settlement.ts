import {
  beyondCounts,
  isNothing,
  maxCounts,
  noCounts,
  type UsageCounts,
  type UsageEntry,
} from '../../log/usage/usage-counts.ts';
import type { UsagePeriod } from '../../log/usage/usage-report.ts';

/** What of a partition's reports is entered: the last period, and what was entered of it. */
export type Standing = { readonly lastPeriod: number; readonly entered: readonly UsageEntry[] };

/** Nothing was heard of a partition yet: its periods are numbered from 1. */
export const unheard: Standing = { lastPeriod: 0, entered: [] };

/**
 * What a report adds to what is entered already. A period that is older than the last one was entered when that began;
 * of the last one only what is new counts; a later one counts wholly. So a report may come twice, or late, or again with
 * more in it, and nothing is counted twice.
 */
export function settle(
  standing: Standing,
  periods: readonly UsagePeriod[],
): { readonly standing: Standing; readonly increments: readonly UsageEntry[] } {
  let { lastPeriod, entered } = standing;
  const increments: UsageEntry[] = [];
  for (const { number, entries } of periods) {
    if (number < lastPeriod) continue;
    const before = new Map(number === lastPeriod ? entered.map((entry) => [nameOf(entry), entry.counts]) : []);
    for (const entry of entries) {
      const known = before.get(nameOf(entry)) ?? noCounts;
      const counts = beyondCounts(entry.counts, known);
      if (!isNothing(counts)) increments.push({ ...entry, counts });
    }
    entered = number === lastPeriod ? mergedOf(entered, entries) : entries;
    lastPeriod = number;
  }
  return { standing: { lastPeriod, entered }, increments };
}

/** What a crash took out of a report stays entered. */
function mergedOf(entered: readonly UsageEntry[], entries: readonly UsageEntry[]): readonly UsageEntry[] {
  const byName = new Map(entered.map((entry) => [nameOf(entry), entry]));
  for (const entry of entries) {
    const known: UsageCounts = byName.get(nameOf(entry))?.counts ?? noCounts;
    byName.set(nameOf(entry), { ...entry, counts: maxCounts(known, entry.counts) });
  }
  return [...byName.values()];
}

const nameOf = ({ day, keyId }: UsageEntry) => `${day} ${keyId}`;

import type { Usage, UsageRow } from '../../../src/client/index.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Every day of a usage by day, also those on which nothing was used: a gap must not look like a neighbour. */
export function everyDay({ from, to, usage, total }: Usage): readonly UsageRow[] {
  const known = new Map(usage.map((row) => [row.name, row]));
  const nothing = Object.fromEntries(Object.keys(total).map((name) => [name, 0])) as Usage['total'];
  const days: UsageRow[] = [];
  for (let atMs = Date.parse(from); atMs <= Date.parse(to); atMs += dayMs) {
    const name = new Date(atMs).toISOString().slice(0, 10);
    days.push(known.get(name) ?? { name, ...nothing });
  }
  return days;
}

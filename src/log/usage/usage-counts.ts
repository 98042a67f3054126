/**
 * What is counted of a topic, a key and a day. Records and bytes in are exact: they are stored in the row that holds the
 * records. The others are counted in memory where they happen, and what nobody was told of before a crash is lost.
 */
export const usageCounters = [
  'recordsIn',
  'bytesIn',
  'recordsOut',
  'bytesOut',
  'requests',
  'connectionMs',
  'objectRequests',
  'rowsRead',
  'rowsWritten',
  'classA',
  'classB',
] as const;

export type UsageCounter = (typeof usageCounters)[number];

export type UsageCounts = Readonly<Record<UsageCounter, number>>;

export const noCounts: UsageCounts = {
  recordsIn: 0,
  bytesIn: 0,
  recordsOut: 0,
  bytesOut: 0,
  requests: 0,
  connectionMs: 0,
  objectRequests: 0,
  rowsRead: 0,
  rowsWritten: 0,
  classA: 0,
  classB: 0,
};

/** Who counts for nobody: the platform's own work, and open mode. */
export const nobodysKey = '';

/** Stands for all that are too many to be told apart. */
export const otherKeys = '*';

const dayMs = 24 * 60 * 60 * 1000;

/** The day (UTC) of a time, counted from 1970-01-01. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / dayMs);
}

/** When a day begins. */
export function dayStartMs(day: number): number {
  return day * dayMs;
}

/** The parts of a stretch of time that lie in one day (UTC) each; none when it ends before it begins. */
export function stretchesByDay(fromMs: number, toMs: number): { readonly startMs: number; readonly ms: number }[] {
  const stretches: { startMs: number; ms: number }[] = [];
  for (let startMs = fromMs; startMs < toMs; ) {
    const endMs = Math.min(dayStartMs(dayOf(startMs) + 1), toMs);
    stretches.push({ startMs, ms: endMs - startMs });
    startMs = endMs;
  }
  return stretches;
}

function mapCounts(value: (name: UsageCounter) => number): UsageCounts {
  return Object.fromEntries(usageCounters.map((name) => [name, value(name)])) as UsageCounts;
}

export function plusCounts(one: UsageCounts, other: Partial<UsageCounts>): UsageCounts {
  return mapCounts((name) => one[name] + (other[name] ?? 0));
}

/** What `whole` has beyond `part`, and nothing where it has less. */
export function beyondCounts(whole: UsageCounts, part: UsageCounts): UsageCounts {
  return mapCounts((name) => Math.max(0, whole[name] - part[name]));
}

/** The larger of each. */
export function maxCounts(one: UsageCounts, other: UsageCounts): UsageCounts {
  return mapCounts((name) => Math.max(one[name], other[name]));
}

/** What the platform's own work comes to: nobody's day is longer for being told of it at once. */
const units: ReadonlySet<UsageCounter> = new Set(['objectRequests', 'rowsRead', 'rowsWritten', 'classA', 'classB']);

/** Whether somebody was served, besides what the platform did of itself. */
export function servesSomebody(counts: UsageCounts): boolean {
  return usageCounters.some((name) => counts[name] > 0 && !units.has(name));
}

export function isNothing(counts: UsageCounts): boolean {
  return usageCounters.every((name) => counts[name] === 0);
}

/** What one key did on one day. */
export type UsageEntry = { readonly day: number; readonly keyId: string; readonly counts: UsageCounts };

/** Entries by day and key; those of one are added up. A bounded number: what comes beyond is entered for others. */
export class UsageTally {
  readonly #entries = new Map<string, UsageEntry>();
  readonly #maxEntries: number;

  constructor(maxEntries: number, entries: readonly UsageEntry[] = []) {
    this.#maxEntries = maxEntries;
    for (const entry of entries) this.add(entry.day, entry.keyId, entry.counts);
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  get entries(): UsageEntry[] {
    return [...this.#entries.values()];
  }

  add(day: number, keyId: string, counts: Partial<UsageCounts>): void {
    const name = `${day} ${keyId}`;
    const known = this.#entries.get(name);
    if (known === undefined && this.#entries.size >= this.#maxEntries && keyId !== otherKeys) {
      this.add(day, otherKeys, counts);
    } else {
      this.#entries.set(name, { day, keyId, counts: plusCounts(known?.counts ?? noCounts, counts) });
    }
  }

  /** Takes back what is accounted for elsewhere by now. */
  subtract(entries: readonly UsageEntry[]): void {
    for (const { day, keyId, counts } of entries) {
      const name = `${day} ${keyId}`;
      const known = this.#entries.get(name);
      if (known === undefined) continue;
      const left = beyondCounts(known.counts, counts);
      if (isNothing(left)) this.#entries.delete(name);
      else this.#entries.set(name, { day, keyId, counts: left });
    }
  }
}

import {
  dayOf,
  nobodysKey,
  noCounts,
  plusCounts,
  servesSomebody,
  type UsageCounts,
  UsageTally,
} from './usage-counts.ts';
import { type PartitionUsageReport, type UsagePeriod, type UsageReceipt, usageReportMs } from './usage-report.ts';

/** Keys that are told apart within one period; all of them stand in every row until they are reported. */
export const keysPerPeriod = 32;

/**
 * Periods that are kept until the organization answers: one for each start of the object meanwhile. Beyond it the oldest
 * is given up, so that rows stay small; it never comes to that while the organization can be reached now and then.
 */
const periodsMax = 16;

/** So much of the partition's own work is told of by itself; less of it goes along with what somebody used. */
const requestsWorthTelling = 200;

/** What a row says: the leader epoch, and of each period its number, and of each day and key the records and bytes in. */
type MeterText = readonly [
  leaderEpoch: number,
  periods: readonly (readonly [number, readonly (readonly [number, string, number, number])[]])[],
];

/**
 * What a partition has counted and its organization may not know yet. Records and bytes in are written with the very row
 * that holds the records ({@link PartitionMeter.text}), so a crash loses neither or both; everything else is in memory.
 *
 * A period ends when its report was answered. What a start finds stored may have been reported before, wholly or in
 * part, so it is told once more under its old number, and what comes now is counted under a new one.
 */
export class PartitionMeter {
  #leaderEpoch: number;
  /** What an earlier life of the object left, oldest first; nothing is added to it. */
  #found: readonly UsagePeriod[];
  #number: number;
  #tally = new UsageTally(keysPerPeriod);
  #dueMs: number;
  /** Calls since the last report, by which it is known when they are many. */
  #untoldRequests = 0;
  #reportedBytes: { readonly localBytes: number; readonly remoteBytes: number } | null = null;

  /** `text` is what the log's last row says; empty when it says nothing. */
  constructor(text: string, leaderEpoch: number, nowMs: number) {
    this.#leaderEpoch = leaderEpoch;
    this.#found = periodsOf(text, leaderEpoch);
    const last = this.#found.at(-1)?.number ?? null;
    this.#number = Math.max(nowMs, (last ?? 0) + 1);
    this.#dueMs = last === null ? 0 : last + usageReportMs;
  }

  /** What the next row is to say. */
  get text(): string {
    const own = { number: this.#number, entries: this.#tally.entries };
    const periods = [...this.#found, own].slice(-periodsMax).flatMap(({ number, entries }) => {
      const stored = entries
        .filter(({ counts }) => counts.recordsIn > 0)
        .map(({ day, keyId, counts }) => [day, keyId, counts.recordsIn, counts.bytesIn] as const);
      return stored.length === 0 ? [] : [[number, stored] as const];
    });
    const text: MeterText = [this.#leaderEpoch, periods];
    return JSON.stringify(text);
  }

  /** When the next report is due. */
  get dueMs(): number {
    return this.#dueMs;
  }

  add(keyId: string, counts: Partial<UsageCounts>, nowMs: number): void {
    this.#tally.add(dayOf(nowMs), keyId, counts);
  }

  /** What the partition's own work comes to, for nobody in particular. */
  addUnits(units: Partial<UsageCounts>, nowMs: number): void {
    this.#untoldRequests += units.objectRequests ?? 0;
    this.add(nobodysKey, units, nowMs);
  }

  /** Whether enough was done for nobody in particular, as for readers, that it is told of without waiting for more. */
  get hasManyUnits(): boolean {
    return this.#untoldRequests >= requestsWorthTelling;
  }

  /** What there is to tell; null when it would not be worth a call, which is work of the platform itself. */
  report(partition: Omit<PartitionUsageReport, 'periods'>): PartitionUsageReport | null {
    const { localBytes, remoteBytes } = partition;
    const { entries } = this.#tally;
    const isNew = this.#reportedBytes?.localBytes !== localBytes || this.#reportedBytes.remoteBytes !== remoteBytes;
    const isServing = this.hasManyUnits || entries.some(({ counts }) => servesSomebody(counts));
    if (this.#found.length === 0 && !isServing && !isNew) return null;
    return { ...partition, periods: [...this.#found, { number: this.#number, entries }] };
  }

  /** Takes over what the organization answered. */
  settle({ periods, localBytes, remoteBytes }: PartitionUsageReport, receipt: UsageReceipt, nowMs: number): void {
    this.#dueMs = nowMs + receipt.nextReportMs;
    this.#found = this.#found.filter(({ number }) => number > receipt.lastPeriod);
    const own = periods.at(-1);
    if (own === undefined || own.number !== this.#number || receipt.lastPeriod < own.number) return;
    if (receipt.lastPeriod > own.number) {
      // The clock of an earlier life was ahead: the period is told again under a number that nobody has used.
      this.#number = receipt.lastPeriod + 1;
      this.#dueMs = nowMs;
      return;
    }
    this.#tally.subtract(own.entries);
    this.#untoldRequests = 0;
    this.#number = Math.max(nowMs, own.number + 1);
    this.#reportedBytes = { localBytes, remoteBytes };
  }

  /** The organization could not be told; it is tried again later. */
  postpone(nowMs: number): void {
    this.#dueMs = nowMs + usageReportMs;
  }

  /** After a loss that was accepted: what was counted for lost records may have been reported, and is not told again. */
  reset(leaderEpoch: number, nowMs: number): void {
    this.#leaderEpoch = leaderEpoch;
    this.#found = [];
    this.#tally = new UsageTally(keysPerPeriod);
    this.#number = Math.max(nowMs, this.#number + 1);
  }
}

/** What was written under an earlier leader epoch is of a log that has lost its end since. */
function periodsOf(text: string, leaderEpoch: number): readonly UsagePeriod[] {
  if (text === '') return [];
  const [epoch, periods] = JSON.parse(text) as MeterText;
  if (epoch !== leaderEpoch) return [];
  return periods.map(([number, entries]) => ({
    number,
    entries: entries.map(([day, keyId, recordsIn, bytesIn]) => ({
      day,
      keyId,
      counts: plusCounts(noCounts, { recordsIn, bytesIn }),
    })),
  }));
}

import { limits } from '../../limits.ts';
import { dayOf, dayStartMs, nobodysKey, otherKeys } from '../../log/usage/usage-counts.ts';
import type { PartitionUsageReport } from '../../log/usage/usage-report.ts';
import type { SqlStore } from '../../platform/sql-store.ts';
import type { EdgeUsageReport } from '../usage-rpc.ts';
import { dollarsOf, type UsageTotals } from './prices.ts';
import { hoursByDay } from './storage-hours.ts';
import { settle, unheard } from './usage-settlement.ts';
import {
  type DayName,
  type MeteredPartition,
  noTotals,
  plusTotals,
  type UsageGrouping,
  UsageStore,
} from './usage-store.ts';

export type UsageQuery = {
  /** Days since 1970 (UTC), both inclusive. */
  readonly fromDay: number;
  readonly toDay: number;
  /** All clusters when it is null. */
  readonly clusterId: string | null;
  readonly by: UsageGrouping;
};

/** A topic, key or day, and what it came to. */
export type UsageRow = { readonly group: string; readonly totals: UsageTotals; readonly dollars: number };

/** Rows of a day that are folded into one when there are too many, as a share of all. */
const foldedShare = 0.1;

/** A partition that keeps nothing and was last heard of so long ago will not report again. */
const partitionMemoryMs = 30 * 24 * 60 * 60 * 1000;

/**
 * An edge is forgotten when it was not heard of for so long: it gives up within an hour what it could not tell, so that
 * nothing comes twice by then.
 */
const reporterMemoryMs = 24 * 60 * 60 * 1000;

/**
 * What an organization used, a row a day, cluster, topic and key, over the private database of its object. What
 * partitions keep is added up in time: each report closes the stretch since the one before, and a reader is shown the
 * stretch that is still open.
 */
export class UsageLedger {
  readonly #store: UsageStore;
  readonly #sql: SqlStore;
  /** How many rows a day has, as far as it was looked at. */
  readonly #rowsOfDay = new Map<number, number>();
  #prunedDay = 0;
  #entered = { dollars: 0, bytes: 0 };
  /** Added up once, and kept up with every report since. */
  #storedBytes: number | null = null;

  constructor(sql: SqlStore) {
    this.#sql = sql;
    this.#store = new UsageStore(sql);
  }

  /** What was entered since the object started, whatever day it is of, in dollars and in bytes in and out. */
  get entered(): { readonly dollars: number; readonly bytes: number } {
    return this.#entered;
  }

  /** What all partitions keep, as far as they have told. */
  get storedBytes(): number {
    this.#storedBytes ??= this.#store.storedBytes();
    return this.#storedBytes;
  }

  /** Enters what a partition reports, which may come twice; answers the last period that is entered. */
  report(report: PartitionUsageReport, nowMs: number): number {
    const { clusterId, topicId, partition } = report.ref;
    const known = this.#store.partition({ clusterId, topicId, partition });
    const { standing, increments } = settle(known?.standing ?? unheard, report.periods);
    const { topic, localBytes, remoteBytes } = report;
    const isUnchanged = known !== null && known.localBytes === localBytes && known.remoteBytes === remoteBytes;
    if (increments.length > 0 || !isUnchanged) {
      this.#sql.transaction(() => {
        this.#prune(nowMs);
        if (known !== null) this.#closeStretch(known, nowMs);
        for (const { day, keyId, counts } of increments) this.#add({ day, clusterId, topic, keyId }, counts);
        // The call, and the rows it takes to keep it.
        const own = { objectRequests: 1, rowsWritten: increments.length + 2 };
        this.#add({ day: dayOf(nowMs), clusterId, topic, keyId: nobodysKey }, own);
        const row = { clusterId, topicId, partition, topic, standing, localBytes, remoteBytes, reportedAtMs: nowMs };
        this.#store.putPartition(row);
      });
      const keptBefore = (known?.localBytes ?? 0) + (known?.remoteBytes ?? 0);
      if (this.#storedBytes !== null) this.#storedBytes += localBytes + remoteBytes - keptBefore;
    }
    return standing.lastPeriod;
  }

  /** Enters what an edge reports, which may come twice. */
  reportEdge({ reporter, number, entries }: EdgeUsageReport, nowMs: number): void {
    const [first] = entries;
    if (first === undefined || number <= this.#store.lastReport(reporter)) return;
    this.#sql.transaction(() => {
      this.#prune(nowMs);
      for (const { counts, ...name } of entries) this.#add(name, counts);
      const own = { objectRequests: 1, rowsWritten: entries.length + 2 };
      this.#add({ day: dayOf(nowMs), clusterId: first.clusterId, topic: '', keyId: nobodysKey }, own);
      this.#store.putReport(reporter, number, nowMs);
    });
  }

  /** What was used, a row a group, in the order of their names; what is kept counts up to now. */
  read({ fromDay, toDay, clusterId, by }: UsageQuery, nowMs: number): UsageRow[] {
    const groups = new Map(this.#store.sums(fromDay, toDay, clusterId, by).map(({ group, totals }) => [group, totals]));
    for (const kept of this.#store.storing()) {
      if (clusterId !== null && kept.clusterId !== clusterId) continue;
      for (const { day, localByteHours, remoteByteHours } of openStretch(kept, nowMs)) {
        if (day < fromDay || day > toDay) continue;
        const group = { topic: kept.topic, key: nobodysKey, day: String(day) }[by];
        groups.set(group, plusTotals(groups.get(group) ?? noTotals, { localByteHours, remoteByteHours }));
      }
    }
    return [...groups]
      .map(([group, totals]) => ({ group, totals, dollars: dollarsOf(totals) }))
      .sort((one, other) => (one.group < other.group ? -1 : 1));
  }

  #add(name: DayName, totals: Partial<UsageTotals>): void {
    this.#store.add(this.#roomFor(name), totals);
    const added = plusTotals(noTotals, totals);
    const { dollars, bytes } = this.#entered;
    this.#entered = { dollars: dollars + dollarsOf(added), bytes: bytes + added.bytesIn + added.bytesOut };
  }

  /** The row to add to: the name's own, for which the least of the day's are added up if there are too many. */
  #roomFor(name: DayName): DayName {
    if (this.#store.hasDay(name)) return name;
    const { day } = name;
    const max = limits.usageRowsPerDay.value;
    const rows = this.#rowsOfDay.get(day) ?? this.#store.countOfDay(day);
    this.#rowsOfDay.set(day, (rows >= max ? this.#fold(day) : rows) + 1);
    return name;
  }

  #fold(day: number): number {
    for (const row of this.#store.smallest(day, Math.ceil(limits.usageRowsPerDay.value * foldedShare))) {
      this.#store.remove(row);
      this.#store.add({ ...row, topic: otherKeys, keyId: otherKeys }, row.totals);
    }
    return this.#store.countOfDay(day);
  }

  #closeStretch(kept: MeteredPartition, nowMs: number): void {
    const { clusterId, topic } = kept;
    for (const { day, ...hours } of openStretch(kept, nowMs)) {
      this.#add({ day, clusterId, topic, keyId: nobodysKey }, hours);
    }
  }

  /** Once a day. */
  #prune(nowMs: number): void {
    const day = dayOf(nowMs);
    if (day === this.#prunedDay) return;
    this.#prunedDay = day;
    this.#rowsOfDay.clear();
    this.#store.pruneDays(day - limits.usageDays.value);
    this.#store.prunePartitions(nowMs - partitionMemoryMs);
    this.#store.pruneReporters(nowMs - reporterMemoryMs);
  }
}

/** What a partition has kept since its last report, day by day, as far back as days are kept. */
function openStretch(
  { localBytes, remoteBytes, reportedAtMs }: MeteredPartition,
  nowMs: number,
): { readonly day: number; readonly localByteHours: number; readonly remoteByteHours: number }[] {
  if (localBytes + remoteBytes === 0) return [];
  const firstMs = dayStartMs(dayOf(nowMs) - limits.usageDays.value);
  return hoursByDay(Math.max(reportedAtMs, firstMs), nowMs).map(({ day, hours }) => ({
    day,
    localByteHours: localBytes * hours,
    remoteByteHours: remoteBytes * hours,
  }));
}

import type { AlarmClock } from '../../platform/alarm.ts';
import type { BlobStore } from '../../platform/blob-store.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SqlStore } from '../../platform/sql-store.ts';
import type { PartitionIdentity } from '../partition-identity.ts';
import type { StoredUsage } from './flush-usage.ts';
import { PartitionMeter } from './partition-meter.ts';
import type { UsageCounts } from './usage-counts.ts';
import type { PartitionUsageReport, ReportUsage } from './usage-report.ts';
import type { WrittenSoFar } from './written-so-far.ts';

/** Cloudflare bills so many incoming messages of a WebSocket as one request. */
const messagesPerRequest = 20;

/** What is sent to readers in so long is told together. */
const gatheringMs = 5_000;

export type UsagePorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly alarm: AlarmClock;
  readonly reportUsage: ReportUsage;
};

/** The partition whose usage is counted. */
export type MeteredPartition = {
  readonly identity: () => PartitionIdentity;
  /** What its log says of the meter. */
  readonly storedUsage: string;
  readonly storage: () => { readonly localBytes: number; readonly remoteBytes: number };
};

/** Counts what a partition is used for, and tells its organization. */
export class PartitionUsage {
  readonly #ports: UsagePorts;
  readonly #partition: MeteredPartition;
  readonly #meter: PartitionMeter;
  #rows: { readonly read: number; readonly written: number };
  #rowsBefore = 0;
  #messages = 0;
  #written: WrittenSoFar;
  #reporting: Promise<boolean> | null = null;
  /** Whether the alarm is armed for what was sent. */
  #isAwaited = false;

  constructor(ports: UsagePorts, partition: MeteredPartition) {
    this.#ports = ports;
    this.#partition = partition;
    this.#meter = new PartitionMeter(partition.storedUsage, partition.identity().leaderEpoch, ports.clock.nowMs());
    this.#rows = ports.sql.billedRows();
    this.#written = { sinceMs: ports.clock.nowMs(), recordsIn: 0, bytesIn: 0 };
  }

  /** What was stored since the object started. */
  get written(): WrittenSoFar {
    return this.#written;
  }

  /** Counts what a flush is about to store; answers what its rows are to say. */
  stored(usage: readonly StoredUsage[], nowMs: number): string {
    for (const { keyId, recordsIn, bytesIn } of usage) {
      this.#meter.add(keyId, { recordsIn, bytesIn }, nowMs);
      const { sinceMs, ...before } = this.#written;
      this.#written = { sinceMs, recordsIn: before.recordsIn + recordsIn, bytesIn: before.bytesIn + bytesIn };
    }
    this.#rowsBefore = this.#ports.sql.billedRows().written;
    return this.#meter.text;
  }

  /** Rows that were written since what was {@link stored}. */
  get rowsSince(): number {
    return this.#ports.sql.billedRows().written - this.#rowsBefore;
  }

  /** Counts what somebody was sent, which the alarm tells of: readers alone arm no other. */
  countSent(keyId: string, counts: Partial<UsageCounts>, atMs = this.#ports.clock.nowMs()): void {
    const nowMs = this.#ports.clock.nowMs();
    this.#meter.add(keyId, counts, atMs);
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    this.#ports.alarm.armBy(Math.max(this.#meter.dueMs, nowMs + gatheringMs)).catch(() => {
      this.#isAwaited = false;
    });
  }

  /** Counts what the partition's own work is billed for besides its rows. */
  countUnits(units: Partial<UsageCounts>): void {
    this.#meter.addUnits(units, this.#ports.clock.nowMs());
  }

  /** The partition was called. Readers arm no alarm, so every so often one of them has the calls told of. */
  countCall(): void {
    this.countUnits({ objectRequests: 1 });
    if (this.#meter.hasManyUnits && this.#meter.dueMs <= this.#ports.clock.nowMs()) void this.report();
  }

  /** A message of a socket came in. */
  countMessage(): void {
    this.#messages += 1;
    if (this.#messages % messagesPerRequest === 0) this.countUnits({ objectRequests: 1 });
  }

  /** Tells the organization when that is due; answers when the next report is, or null when there is nothing to tell. */
  async reportDue(nowMs: number): Promise<number | null> {
    this.#isAwaited = false;
    if (this.#pending() === null) return null;
    if (this.#meter.dueMs <= nowMs) await this.report();
    return this.#pending() === null ? null : Math.max(this.#meter.dueMs, nowMs);
  }

  /** Tells the organization of everything; answers whether it knows it all now. */
  report(): Promise<boolean> {
    this.#reporting ??= this.#report().finally(() => {
      this.#reporting = null;
    });
    return this.#reporting;
  }

  /** The log lost records, and is accepted as it is. */
  reset(leaderEpoch: number): void {
    this.#meter.reset(leaderEpoch, this.#ports.clock.nowMs());
  }

  async #report(): Promise<boolean> {
    const { clock, reportUsage } = this.#ports;
    const rows = this.#ports.sql.billedRows();
    this.countUnits({ rowsRead: rows.read - this.#rows.read, rowsWritten: rows.written - this.#rows.written });
    this.#rows = rows;
    const report = this.#pending();
    if (report === null) return true;
    const receipt = await reportUsage(report).catch(() => null);
    if (receipt?.ok === true) {
      this.#meter.settle(report, receipt.value, clock.nowMs());
      return this.#pending() === null;
    }
    // Of an organization that is gone nobody asks what it used.
    if (receipt?.error.code === 'WRONG_OBJECT') {
      this.#meter.settle(report, { lastPeriod: report.periods.at(-1)?.number ?? 0, nextReportMs: 0 }, clock.nowMs());
      return true;
    }
    this.#meter.postpone(clock.nowMs());
    return false;
  }

  #pending(): PartitionUsageReport | null {
    const { ref, topic } = this.#partition.identity();
    return this.#meter.report({ ref, topic, ...this.#partition.storage() });
  }
}

/** A bucket whose operations are counted: writes and lists are R2's class A, reads are B, deletes are free. */
export function countedBlobs(blobs: BlobStore, count: (unit: Partial<UsageCounts>) => void): BlobStore {
  const counted = <T>(unit: 'classA' | 'classB', work: () => Promise<T>): Promise<T> => {
    count({ [unit]: 1 });
    return work();
  };
  return {
    put: (...args) => counted('classA', () => blobs.put(...args)),
    list: (...args) => counted('classA', () => blobs.list(...args)),
    head: (...args) => counted('classB', () => blobs.head(...args)),
    read: (...args) => counted('classB', () => blobs.read(...args)),
    delete: (keys) => blobs.delete(keys),
  };
}

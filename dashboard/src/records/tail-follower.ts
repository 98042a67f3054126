import type { ConsumedRecord } from '../../../src/client/index.ts';
import { type RecordRow, rowKey } from './record-rows.ts';

/** So many rows are kept; older ones can still be browsed. */
const keptRows = 5_000;
/** So many records are decoded for one paint: what comes faster is sampled, evenly, and that is said. */
const sampledRecords = 2_000;
/** The rate is of the last seconds. */
const rateWindowMs = 2_000;

/** A tail as it is shown. */
export type TailView = {
  /** The newest first. */
  readonly rows: readonly RecordRow[];
  readonly receivedCount: number;
  /** Those that were looked at and meant by the filter; without one, all that were looked at. */
  readonly meantCount: number;
  /** Received and never looked at, because more came than can be shown. */
  readonly skippedCount: number;
  /** Shown once and dropped for newer ones. */
  readonly droppedCount: number;
  readonly recordsPerSecond: number;
  readonly isConnected: boolean;
  readonly error: Error | null;
};

export const emptyTail: TailView = {
  rows: [],
  receivedCount: 0,
  meantCount: 0,
  skippedCount: 0,
  droppedCount: 0,
  recordsPerSecond: 0,
  isConnected: false,
  error: null,
};

/** Gathers what comes between two paints, and keeps count of everything. */
export class TailFollower {
  #view: TailView = emptyTail;
  #pending: ConsumedRecord[] = [];
  #receivedCount = 0;
  #hasNews = true;
  #arrivals: { readonly atMs: number; readonly count: number }[] = [];
  #countedUpTo = 0;

  take(record: ConsumedRecord): void {
    this.#pending.push(record);
    this.#receivedCount += 1;
    this.#change({ isConnected: true });
  }

  setConnected(isConnected: boolean): void {
    this.#change({ isConnected });
  }

  fail(error: Error): void {
    this.#change({ error, isConnected: false });
  }

  /** What came since the last time, or an even sample of it. */
  takePending(): readonly ConsumedRecord[] {
    const pending = this.#pending;
    this.#pending = [];
    if (pending.length <= sampledRecords) return pending;
    this.#change({ skippedCount: this.#view.skippedCount + pending.length - sampledRecords });
    return Array.from(
      { length: sampledRecords },
      (_, index) => pending[Math.floor((index * pending.length) / sampledRecords)]!,
    );
  }

  /** Rows in the order in which they came. */
  add(rows: readonly RecordRow[]): void {
    if (rows.length === 0) return;
    const all = [...rows.toReversed(), ...this.#view.rows];
    this.#change({
      rows: all.slice(0, keptRows),
      meantCount: this.#view.meantCount + rows.length,
      droppedCount: this.#view.droppedCount + Math.max(0, all.length - keptRows),
    });
  }

  /** The same records decoded in another way; those that came meanwhile stand before them. */
  replace(rows: readonly RecordRow[]): void {
    const replaced = new Map(rows.map((row) => [rowKey(row), row]));
    this.#change({ rows: this.#view.rows.map((row) => replaced.get(rowKey(row)) ?? row) });
  }

  /** How it stands; null when nothing has changed since it was asked last. */
  news(nowMs: number): TailView | null {
    const recordsPerSecond = this.#rate(nowMs);
    // A rate that falls back to nothing is news too.
    if (!this.#hasNews && recordsPerSecond === this.#view.recordsPerSecond) return null;
    this.#hasNews = false;
    this.#view = { ...this.#view, receivedCount: this.#receivedCount, recordsPerSecond };
    return this.#view;
  }

  get rows(): readonly RecordRow[] {
    return this.#view.rows;
  }

  #change(changed: Partial<TailView>): void {
    this.#view = { ...this.#view, ...changed };
    this.#hasNews = true;
  }

  #rate(nowMs: number): number {
    this.#arrivals.push({ atMs: nowMs, count: this.#receivedCount - this.#countedUpTo });
    this.#countedUpTo = this.#receivedCount;
    this.#arrivals = this.#arrivals.filter(({ atMs }) => atMs > nowMs - rateWindowMs);
    const count = this.#arrivals.reduce((sum, arrival) => sum + arrival.count, 0);
    return Math.round(count / (rateWindowMs / 1_000));
  }
}

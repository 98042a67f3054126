import type { WrittenSoFar } from '../log/usage/written-so-far.ts';
import { emptySeries, finestMs, type MetricSeries, mergeSeries, minuteOf } from './metric-series.ts';
import { readSeries, writeSeries } from './series-text.ts';

/** What a partition has told of its writes, in the row that its report is kept in anyway. */
export type RecentWrites = {
  /** What it told last; null before the first time. */
  readonly told: WrittenSoFar | null;
  /** Minute by minute, the last in which something was written. */
  readonly minutes: MetricSeries;
};

/** Minutes that are kept for whoever enters them in the topic's series, which is done every five. */
const minutesMax = 30;

export const noRecentWrites: RecentWrites = { told: null, minutes: emptySeries };

/**
 * Enters what a report has beyond the one before. The same report again, and one that was overtaken, add nothing. An
 * object that started anew counts from nothing.
 */
export function takeReport(recent: RecentWrites, written: WrittenSoFar, nowMs: number): RecentWrites {
  const { told, minutes } = recent;
  if (told !== null && written.sinceMs < told.sinceMs) return recent;
  const before = told?.sinceMs === written.sinceMs ? told : { recordsIn: 0, bytesIn: 0 };
  const recordsIn = written.recordsIn - before.recordsIn;
  const bytesIn = written.bytesIn - before.bytesIn;
  if (recordsIn < 0 || bytesIn < 0) return recent;
  if (recordsIn === 0 && bytesIn === 0) return { told: written, minutes };
  const now = { startMs: minuteOf(nowMs), widthMs: finestMs, values: { recordsIn, bytesIn } };
  return { told: written, minutes: mergeSeries(minutes, [now]).slice(-minutesMax) };
}

type RecentText = readonly [sinceMs: number, recordsIn: number, bytesIn: number, minutes: string];

export function writeRecent({ told, minutes }: RecentWrites): string | null {
  if (told === null) return null;
  const { sinceMs, recordsIn, bytesIn } = told;
  return JSON.stringify([sinceMs, recordsIn, bytesIn, writeSeries(minutes)] satisfies RecentText);
}

export function readRecent(text: string | null): RecentWrites {
  if (text === null) return noRecentWrites;
  const [sinceMs, recordsIn, bytesIn, minutes] = JSON.parse(text) as RecentText;
  return { told: { sinceMs, recordsIn, bytesIn }, minutes: readSeries(minutes) };
}

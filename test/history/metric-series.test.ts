import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Bucket,
  compactSeries,
  emptySeries,
  finestMs,
  type MetricSeries,
  mergeSeries,
  seriesLevels,
  windowOf,
} from '../../src/history/metric-series.ts';
import { readSeries, writeSeries } from '../../src/history/series-text.ts';

const dayMs = 24 * 60 * 60 * 1000;
const startMs = Date.UTC(2026, 10, 20, 12, 34);

const minute = (atMs: number, recordsIn: number, lag?: number): Bucket => ({
  startMs: Math.floor(atMs / finestMs) * finestMs,
  widthMs: finestMs,
  values: lag === undefined ? { recordsIn } : { recordsIn, lag },
});

/** Minutes up to a year and a half before the start, some of them close to it. */
const minutes = fc
  .array(
    fc.record({
      agoMs: fc.oneof(fc.integer({ min: 0, max: 3 * 60 * 60_000 }), fc.integer({ min: 0, max: 500 * dayMs })),
      records: fc.integer({ min: 1, max: 1_000_000 }),
      lag: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }),
    }),
    { maxLength: 60 },
  )
  .map((given) => given.map(({ agoMs, records, lag }) => minute(startMs - agoMs, records, lag)));

const seriesOf = (buckets: readonly Bucket[]): MetricSeries =>
  buckets.reduce<MetricSeries>((series, bucket) => mergeSeries(series, [bucket]), emptySeries);

const recordsOf = (series: MetricSeries) => series.reduce((sum, { values }) => sum + (values.recordsIn ?? 0), 0);

function expectWellFormed(series: MetricSeries): void {
  for (const [index, bucket] of series.entries()) {
    expect(bucket.startMs % bucket.widthMs).toBe(0);
    const next = series[index + 1];
    if (next !== undefined) expect(bucket.startMs + bucket.widthMs).toBeLessThanOrEqual(next.startMs);
  }
}

describe('a series', () => {
  test('is the same in whatever order its minutes come', () =>
    fc.assert(
      fc.property(minutes, (given) => {
        expect(seriesOf([...given].reverse())).toEqual(seriesOf(given));
        expectWellFormed(seriesOf(given));
      }),
    ));

  test('loses nothing that is young enough when it is made coarser, and becomes no other by doing it again or in steps', () =>
    fc.assert(
      fc.property(minutes, fc.integer({ min: 0, max: 20 * dayMs }), (given, laterMs) => {
        const series = seriesOf(given);
        const compact = compactSeries(series, startMs);
        const oldestMs = startMs - seriesLevels[3].keptMs;
        expectWellFormed(compact);
        expect(recordsOf(compact)).toBe(recordsOf(series.filter(({ startMs: at }) => at >= floorDay(oldestMs))));
        expect(compactSeries(compact, startMs)).toEqual(compact);
        expect(compactSeries(compact, startMs + laterMs)).toEqual(compactSeries(series, startMs + laterMs));
      }),
    ));

  test('is read as it was written', () =>
    fc.assert(
      fc.property(minutes, (given) => {
        const series = compactSeries(seriesOf(given), startMs);
        expect(readSeries(writeSeries(series))).toEqual(series);
      }),
    ));

  test('of years in which every minute was busy is bounded, in buckets and in bytes', () => {
    let series = emptySeries;
    // A minute in five, and each with both counters: buckets are as many as if all were there once they are old.
    for (let atMs = startMs - 500 * dayMs; atMs < startMs; atMs += 30 * finestMs) {
      series = mergeSeries(series, [minute(atMs, 123_456, 999)]);
      if (series.length > 2_000) series = compactSeries(series, atMs);
    }
    for (let atMs = startMs - dayMs; atMs < startMs; atMs += finestMs)
      series = mergeSeries(series, [minute(atMs, 7, 7)]);
    series = compactSeries(series, startMs);
    expect(series.length).toBeLessThanOrEqual(1_100);
    expect(series.length).toBeGreaterThan(1_000);
    expect(writeSeries(series).length).toBeLessThan(32_768);
  });

  test('takes in what comes late where it belongs, also when that has been folded', () => {
    const old = startMs - 3 * dayMs;
    const compact = compactSeries(seriesOf([minute(old, 5, 2)]), startMs);
    expect(compact).toMatchObject([{ widthMs: 60 * finestMs, values: { recordsIn: 5, lag: 2 } }]);
    const late = compactSeries(mergeSeries(compact, [minute(old, 3, 9)]), startMs);
    expect(late).toMatchObject([{ startMs: compact[0]!.startMs, values: { recordsIn: 8, lag: 9 } }]);
  });
});

describe('a window', () => {
  test('has everything from its first bucket to its end, in buckets of one width', () => {
    // 12:34, 12:33, 12:32, 12:28, 12:23.
    const series = seriesOf([0, 1, 2, 6, 11].map((ago) => minute(startMs - ago * finestMs, 10 + ago)));
    const window = windowOf(series, { fromMs: startMs - 7 * finestMs, toMs: startMs, stepMs: 5 * finestMs });
    expect(window.map((bucket) => [new Date(bucket.startMs).getUTCMinutes(), bucket.values.recordsIn])).toEqual([
      [25, 16],
      [30, 11 + 12],
    ]);
  });

  test('is empty where nothing was measured, and wider where the past is', () => {
    const series = compactSeries(seriesOf([minute(startMs - 20 * dayMs, 1)]), startMs);
    expect(windowOf(series, { fromMs: startMs - dayMs, toMs: startMs, stepMs: finestMs })).toEqual([]);
    const wide = windowOf(series, { fromMs: startMs - 20 * dayMs, toMs: startMs, stepMs: finestMs });
    expect(wide).toMatchObject([{ widthMs: dayMs, values: { recordsIn: 1 } }]);
  });
});

function floorDay(atMs: number): number {
  return Math.floor(atMs / dayMs) * dayMs;
}

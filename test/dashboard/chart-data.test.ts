import { expect, test } from 'vitest';
import { lagOf, ratesOf, storageOf } from '../../dashboard/src/metrics/chart-data.ts';
import { rangeInAddress, rangeNamed, timeRanges } from '../../dashboard/src/metrics/time-range.ts';
import { limits } from '../../src/limits.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const point = (minute: number, recordsIn: number, stored: number | null = null, widthMs = minuteMs) => ({
  at: minute * minuteMs,
  width_ms: widthMs,
  records_in: recordsIn,
  bytes_in: recordsIn * 10,
  local_bytes: stored,
  remote_bytes: null,
});

const history = (fromMinute: number, toMinute: number, ...points: readonly ReturnType<typeof point>[]) => ({
  from: fromMinute * minuteMs,
  to: toMinute * minuteMs,
  step_ms: minuteMs,
  points: [...points],
});

const valuesOf = ({ lines }: ReturnType<typeof ratesOf>) => lines.map(({ values }) => values);

test('a counter is a rate; where nothing was written it is 0, and before there was anything to write to there is none', () => {
  const shown = ratesOf(history(0, 5, point(2, 120), point(4, 60)), 'Records in', 'records_in', minuteMs);
  expect(shown.timesMs).toEqual([0, 1, 2, 3, 4].map((minute) => minute * minuteMs));
  expect(valuesOf(shown)).toEqual([[null, 0, 2, 0, 1]]);
});

test('the minute under way is divided by what has gone of it, and left out while that is next to nothing', () => {
  const within = (seconds: number) => {
    const shown = history(0, 2, point(1, 60));
    return valuesOf(ratesOf({ ...shown, to: minuteMs + seconds * 1_000 }, 'Bytes in', 'bytes_in', 0));
  };
  expect(within(30)).toEqual([[0, 20]]);
  expect(within(5)).toEqual([[0, null]]);
});

test('what is kept less finely has its rate for as long as it is wide', () => {
  const shown = history(0, 6, point(0, 600, null, 5 * minuteMs));
  expect(valuesOf(ratesOf(shown, 'Records in', 'records_in', 0))).toEqual([[2, 2, 2, 2, 2, 0]]);
});

test('storage stays as it is until it is known otherwise', () => {
  const shown = storageOf(history(0, 5, point(1, 0, 100), point(3, 5), point(4, 0, 70)));
  expect(shown.lines.map(({ values }) => values)).toEqual([
    [null, 100, 100, 100, 70],
    [null, null, null, null, null],
  ]);
});

test('lag has a gap where nobody measured, ends as it is now, and goes on where it is going', () => {
  const measured = (minute: number, lag: number) => ({
    at: minute * minuteMs,
    width_ms: minuteMs,
    lag,
    lag_ms: lag * 2,
  });
  const points = [measured(0, 100), measured(5, 90), measured(30, 80)];
  const now = { atMs: 32 * minuteMs, lag: 70, lagMs: 7 };
  const read = { from: 0, to: 32 * minuteMs, step_ms: minuteMs, points };
  const { lag, lagMs } = lagOf(read, now, 11 * minuteMs, { atMs: hourMs, lag: 0 });
  expect(lag.lines).toEqual([
    { label: 'Lag', values: [100, 90, null, 80, 70, null] },
    { label: 'Forecast', values: [null, null, null, null, 70, 0], isForecast: true },
  ]);
  expect(lag.toMs).toBe(hourMs);
  expect(lag.timesMs).toEqual([0, 5 * minuteMs, 5 * minuteMs + 1, 30 * minuteMs, 32 * minuteMs, hourMs]);
  expect(lagMs.lines).toEqual([{ label: 'Behind by', values: [200, 180, null, 160, 7] }]);
  expect(lagOf(read, now, 11 * minuteMs, null).lag.lines).toHaveLength(1);
});

test('every range has as many points as may be asked for at once, and a name that an address can have', () => {
  for (const range of timeRanges) {
    expect(range.lengthMs / range.stepMs).toBeLessThanOrEqual(limits.historyPoints.value);
    expect(rangeNamed(rangeInAddress(range.name))).toBe(range);
  }
  expect(rangeNamed(rangeInAddress('90y'))).toMatchObject({ name: '1h' });
  expect(rangeInAddress('1h')).toBeUndefined();
});

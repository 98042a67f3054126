import { expect, test } from 'vitest';
import { forecastLag } from '../../src/history/lag-forecast.ts';

const every = (minutes: number, lags: readonly number[]) =>
  lags.map((lag, index) => ({ atMs: index * minutes * 60_000, lag }));

test('lag that shrinks evenly is caught up when the line says', () => {
  const forecast = forecastLag(every(5, [9_000, 8_000, 7_000, 6_000]));
  expect(forecast).toMatchObject({ trend: 'shrinking', caughtUpInMs: 30 * 60_000 });
  expect(forecast?.recordsPerSecond).toBeCloseTo(-1_000 / 300);
});

test('lag that grows, stays, or is none has no time at which it is caught up but now', () => {
  expect(forecastLag(every(5, [10, 20, 30]))).toMatchObject({ trend: 'growing', caughtUpInMs: null });
  expect(forecastLag(every(5, [100, 101, 100]))).toMatchObject({ trend: 'steady', caughtUpInMs: null });
  expect(forecastLag(every(5, [100, 50, 0]))).toEqual({ trend: 'caught-up', recordsPerSecond: 0, caughtUpInMs: 0 });
});

test('what came before it was caught up says nothing of what came since', () => {
  expect(forecastLag(every(5, [90_000, 50_000, 0, 100, 200]))).toMatchObject({ trend: 'growing' });
});

test('a time that is too far off is not told, and too few samples tell nothing', () => {
  expect(forecastLag(every(5, [1_000_000, 999_000, 940_000]))).toMatchObject({ trend: 'shrinking' });
  expect(forecastLag(every(24 * 60, [1_000, 930]))).toMatchObject({ trend: 'shrinking', caughtUpInMs: null });
  expect(forecastLag(every(5, [7]))).toBeNull();
  expect(forecastLag([])).toBeNull();
});

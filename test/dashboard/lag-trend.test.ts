import { expect, test } from 'vitest';
import { lagTrend } from '../../dashboard/src/groups/lag-trend.ts';

const minuteMs = 60_000;

const historyOf = (...lags: readonly number[]) => ({
  from: 0,
  to: 0,
  step_ms: minuteMs,
  points: lags.map((lag, index) => ({ at: index * 5 * minuteMs, width_ms: minuteMs, lag, lag_ms: 1 })),
});

test('the trend of a group takes in how it is now', () => {
  const trend = (history: ReturnType<typeof historyOf>, lag: number, minutes: number) =>
    lagTrend(history, { lag }, minutes * minuteMs);
  expect(trend(historyOf(900, 800, 700), 600, 15)).toBe('shrinking, caught up in about 30 m');
  expect(trend(historyOf(900, 800), 900_000, 10)).toBe('growing');
  expect(trend(historyOf(900, 905), 900, 10)).toBe('neither growing nor shrinking');
  expect(trend(historyOf(900), 0, 5)).toBe('caught up');
  expect(trend(historyOf(), 5, 5)).toBeNull();
});

import { expect, test } from 'vitest';
import { trendOf, trendText } from '../../dashboard/src/groups/lag-trend.ts';

const minuteMs = 60_000;

const historyOf = (...lags: readonly number[]) => ({
  from: 0,
  to: 0,
  step_ms: minuteMs,
  points: lags.map((lag, index) => ({ at: index * 5 * minuteMs, width_ms: minuteMs, lag, lag_ms: 1 })),
});

const formatUtc = (ms: number) => new Date(ms).toISOString().replace('T', ' ');

test('the trend of a group takes in how it is now, and says when it is caught up', () => {
  const trend = (history: ReturnType<typeof historyOf>, lag: number, minutes: number) => {
    const found = trendOf(history, { lag }, minutes * minuteMs);
    return found && trendText(found, minutes * minuteMs, formatUtc);
  };
  expect(trend(historyOf(900, 800, 700), 600, 15)).toBe('shrinking, caught up at 00:45 (in about 30 m)');
  expect(trend(historyOf(90_000, 89_000), 88_500, 10)).toBe('neither growing nor shrinking');
  expect(trend(historyOf(1_055), 1_000, 600)).toBe('shrinking');
  expect(trend(historyOf(900, 800), 900_000, 10)).toBe('growing');
  expect(trend(historyOf(900, 905), 900, 10)).toBe('neither growing nor shrinking');
  expect(trend(historyOf(900), 0, 5)).toBe('caught up');
  expect(trend(historyOf(), 5, 5)).toBeNull();
});

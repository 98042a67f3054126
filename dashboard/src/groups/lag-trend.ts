import type { GroupDescription, LagHistory } from '../../../src/client/index.ts';
import { forecastLag } from '../../../src/history/lag-forecast.ts';
import { formatDuration } from '../lib/format.ts';

/** How far back the trend is looked at: what was before says little of what comes next. */
export const trendWindowMs = 60 * 60 * 1000;

/** Where the lag is going, in words; null while nothing can be said. `nowMs` is when the group was described. */
export function lagTrend({ points }: LagHistory, { lag }: Pick<GroupDescription, 'lag'>, nowMs: number): string | null {
  const measured = points.filter(({ at }) => at < nowMs).map((point) => ({ atMs: point.at, lag: point.lag }));
  const forecast = forecastLag([...measured, { atMs: nowMs, lag }]);
  if (forecast === null) return null;
  switch (forecast.trend) {
    case 'caught-up':
      return 'caught up';
    case 'steady':
      return 'neither growing nor shrinking';
    case 'growing':
      return 'growing';
    case 'shrinking':
      return forecast.caughtUpInMs === null
        ? 'shrinking'
        : `shrinking, caught up in about ${formatDuration(forecast.caughtUpInMs)}`;
  }
}

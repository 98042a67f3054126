import type { GroupDescription, LagHistory } from '../../../src/client/index.ts';
import { forecastLag, type LagForecast } from '../../../src/history/lag-forecast.ts';
import { formatDuration } from '../lib/format.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Where the lag is going; null while nothing can be said. `nowMs` is when the group was described. */
export function trendOf(
  { points }: LagHistory,
  { lag }: Pick<GroupDescription, 'lag'>,
  nowMs: number,
): LagForecast | null {
  const measured = points.filter(({ at }) => at < nowMs).map((point) => ({ atMs: point.at, lag: point.lag }));
  return forecastLag([...measured, { atMs: nowMs, lag }]);
}

/** The same in words, with the time at which it will be caught up as `format` has times. */
export function trendText({ trend, caughtUpInMs }: LagForecast, nowMs: number, format: (ms: number) => string): string {
  switch (trend) {
    case 'caught-up':
      return 'caught up';
    case 'steady':
      return 'neither growing nor shrinking';
    case 'growing':
      return 'growing';
    case 'shrinking': {
      if (caughtUpInMs === null) return 'shrinking';
      const at = format(nowMs + caughtUpInMs);
      const when = caughtUpInMs < dayMs ? at.slice(11, 16) : at.slice(0, 10);
      return `shrinking, caught up at ${when} (in about ${formatDuration(caughtUpInMs)})`;
    }
  }
}

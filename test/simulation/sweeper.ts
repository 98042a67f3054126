import { sweepReporting } from '../../src/gateway/upkeep.ts';
import type { Platform } from './simulated-platform.ts';

/** How often the platform's cron trigger fires (wrangler.toml). */
const sweepIntervalMs = 5 * 60_000;

/** The cron trigger: it finds what lost alarms have left undone. */
export function startSweeper(platform: Platform, untilMs: number): void {
  const { world } = platform;
  const sweep = () => {
    const [edge] = platform.edges;
    void edge
      ?.request('sweep', async ({ upkeep, transactions }) => {
        const log = (line: object) => world.note(`sweep ${JSON.stringify(line)}`);
        await sweepReporting(upkeep, log);
        await sweepReporting(transactions, log);
        return null;
      })
      .catch(() => undefined);
    if (world.nowMs + sweepIntervalMs < untilMs) world.queue.after(sweepIntervalMs, 'cron', sweep);
  };
  world.queue.after(sweepIntervalMs, 'cron', sweep);
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Activity } from '../../client/index.ts';
import { limits } from '../../limits.ts';
import { parseArguments, requirePositionals, wholeNumber } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { parseDurationMs } from '../input/duration.ts';
import { renderBytes } from '../output/bytes.ts';
import { renderDuration } from '../output/duration.ts';
import { renderTable } from '../output/table.ts';

/** Rates are those of a minute, and asking more often would show the same. */
const leastIntervalMs = 1_000;

/** The cursor goes home, and what stood below is wiped away. */
const clearScreen = '\x1b[H\x1b[2J';

export const top: Command = {
  help: `Usage: millrace top [--limit N] [--interval DURATION] [--once]

Shows the busiest topics, with what they took in within the last minute and what they keep, and the consumer groups that
are furthest behind, until it is interrupted. Groups with members are measured every five minutes; "millrace groups
describe GROUP" says how one is now. With --once it is shown once; with --json each time is a line.

  --limit N            topics, and groups (default 20, in a terminal as many as fit)
  --interval DURATION  how often to look (default 2s)

Examples:
  millrace top
  millrace top --limit 5 --interval 10s
  millrace top --once --json
`,
  async run({ argv, client, output, json }) {
    const { values, positionals } = parseArguments(argv, {
      limit: { type: 'string' },
      interval: { type: 'string', default: '2s' },
      once: { type: 'boolean', default: false },
    });
    requirePositionals(positionals, []);
    const limitGiven = wholeNumber(values.limit, '--limit', 1);
    const intervalMs = parseDurationMs(values.interval);
    if (intervalMs === null || intervalMs < leastIntervalMs) {
      throw new UsageError('--interval is a duration of 1s or more, such as 2s or 1m.');
    }
    const isScreen = !json && !values.once && process.stdout.isTTY === true;
    for (;;) {
      const limit = limitGiven ?? (isScreen && process.stdout.rows > 0 ? fittingRows(process.stdout.rows) : undefined);
      const activity = await client.history.activity({ limit });
      const text = json ? JSON.stringify(activity) : renderActivity(activity, Date.now());
      output.line(`${isScreen ? clearScreen : ''}${text}`);
      if (values.once || output.isClosed) return exitCode.ok;
      await Promise.race([pause(intervalMs), output.closed]);
    }
  },
};

/** Of each table what fits a terminal so high, beside two heads, the line between them and that of the cursor. */
export function fittingRows(terminalRows: number): number {
  return Math.min(Math.max(Math.floor((terminalRows - 4) / 2), 1), limits.activityEntries.value);
}

/** The two tables; what there is none of is said. */
export function renderActivity({ topics, groups }: Activity, nowMs: number): string {
  const rate = (perSecond: number) => (perSecond >= 100 ? Math.round(perSecond) : Number(perSecond.toPrecision(2)));
  const topicRows = topics.map((topic) => [
    topic.topic,
    rate(topic.records_per_second),
    `${renderBytes(Math.round(topic.bytes_per_second))}/s`,
    renderBytes(topic.local_bytes),
    renderBytes(topic.remote_bytes),
  ]);
  const groupRows = groups.map(({ group, lag, lag_ms, measured_at }) => [
    group,
    lag,
    lag === 0 ? '-' : renderDuration(lag_ms),
    `${renderDuration(Math.max(0, nowMs - measured_at))} ago`,
  ]);
  const topicTable = renderTable(['TOPIC', 'RECORDS/S', 'BYTES IN', 'HELD HERE', 'IN OBJECTS'], topicRows);
  const groupTable = renderTable(['GROUP', 'LAG', 'BEHIND BY', 'MEASURED'], groupRows);
  return [
    topics.length === 0 ? 'No topic was written to yet.' : topicTable,
    groups.length === 0 ? 'No consumer group was measured yet.' : groupTable,
  ].join('\n\n');
}

import { useQuery } from '@tanstack/react-query';
import type { ThroughputHistory, Topic } from '../../../src/client/index.ts';
import { groupsQuery } from '../groups/queries.ts';
import {
  formatByteRate,
  formatBytes,
  formatCompact,
  formatCount,
  formatDollars,
  formatRate,
  plural,
} from '../lib/format.ts';
import { clusterHistoryQuery } from '../metrics/queries.ts';
import { usualRange } from '../metrics/time-range.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Figure } from '../ui/page.tsx';

/** What stands where a figure is not known yet. */
const unknown = '–';

const minuteMs = 60_000;

/** How much there is, how much flows, and what the month came to, in figures of now. */
export function HomeFigures({ topics }: { readonly topics: readonly Topic[] }) {
  const session = useSession();
  const scope = useScope();
  const history = useQuery(clusterHistoryQuery(session.client, scope, usualRange)).data;
  const groups = useQuery(groupsQuery(session.client, scope)).data;
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions, 0);
  const members = groups?.reduce((sum, group) => sum + group.members, 0) ?? 0;
  const now = history === undefined ? undefined : nowOf(history);
  return (
    <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Figure
        name="Records in"
        value={now === undefined ? unknown : formatRate(now.recordsPerSecond)}
        note={now === undefined ? 'now' : `${formatByteRate(now.bytesPerSecond)} now`}
      />
      <Figure
        name="Stored"
        value={now === undefined ? unknown : formatBytes(now.localBytes + now.remoteBytes)}
        note={now === undefined ? 'in all topics' : `${formatBytes(now.remoteBytes)} of it in the object store`}
      />
      <Figure name="Topics" value={formatCount(topics.length)} note={plural(partitions, 'partition')} />
      <Figure
        name="Consumer groups"
        value={groups === undefined ? unknown : formatCount(groups.length)}
        note={`${plural(members, 'member')} reading now`}
      />
      {session.mode === 'closed' && session.may('organization.describe') ? <MonthFigures /> : null}
    </dl>
  );
}

/** What the organization used since the month began; an open platform does not count it. */
function MonthFigures() {
  const { client } = useSession();
  const usage = useQuery({
    queryKey: [...useScope(), 'usage', 'month'],
    queryFn: ({ signal }) => client.organization.usage({ by: 'day', signal }),
    staleTime: 60_000,
  }).data;
  return (
    <>
      <Figure
        name="Records out this month"
        value={usage === undefined ? unknown : formatCompact(usage.total.records_out)}
        note={usage === undefined ? 'to all readers' : `${formatBytes(usage.total.bytes_out)} to all readers`}
      />
      <Figure
        name="Requests this month"
        value={usage === undefined ? unknown : formatCompact(usage.total.requests)}
        note="over HTTP"
      />
      <Figure
        name="Cost this month"
        value={usage === undefined ? unknown : formatDollars(usage.month.dollars)}
        note="until now, of all clusters"
      />
      <Figure
        name="Forecast"
        value={usage === undefined ? unknown : formatDollars(usage.month.forecast_dollars)}
        note="for the whole month"
      />
    </>
  );
}

/** What came in within the minute until now, as activity has it, and the last that is known of what is kept. */
function nowOf(history: ThroughputHistory) {
  const fromMs = Math.floor(history.to / minuteMs) * minuteMs - minuteMs;
  const seconds = (history.to - fromMs) / 1_000;
  const recent = history.points.filter(({ at }) => at >= fromMs);
  const last = history.points.findLast(({ local_bytes }) => local_bytes !== null);
  return {
    recordsPerSecond: recent.reduce((sum, point) => sum + point.records_in, 0) / seconds,
    bytesPerSecond: recent.reduce((sum, point) => sum + point.bytes_in, 0) / seconds,
    localBytes: last?.local_bytes ?? 0,
    remoteBytes: last?.remote_bytes ?? 0,
  };
}

import { useQuery } from '@tanstack/react-query';
import type { ThroughputHistory, Topic } from '../../../src/client/index.ts';
import { groupsQuery } from '../groups/queries.ts';
import { formatByteRate, formatBytes, formatCount, formatDollars, formatRate, plural } from '../lib/format.ts';
import { type ChartLine, ratesOf, storageOf } from '../metrics/chart-data.ts';
import { clusterHistoryQuery } from '../metrics/queries.ts';
import { usualRange } from '../metrics/time-range.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Figure } from '../ui/page.tsx';

/** What stands where a figure is not known yet. */
const unknown = '–';

/** How much there is and how much flows, in figures of now. */
export function HomeFigures({ topics }: { readonly topics: readonly Topic[] }) {
  const session = useSession();
  const scope = useScope();
  const history = useQuery(clusterHistoryQuery(session.client, scope, usualRange)).data;
  const groups = useQuery(groupsQuery(session.client, scope)).data;
  const seesCost = session.mode === 'closed' && session.may('organization.describe');
  const usage = useQuery({
    queryKey: [...scope, 'usage', { by: 'day' }],
    queryFn: ({ signal }) => session.client.organization.usage({ by: 'day', signal }),
    enabled: seesCost,
    staleTime: 60_000,
  }).data;
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions, 0);
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
      {seesCost ? (
        <Figure
          name="Cost this month"
          value={usage === undefined ? unknown : formatDollars(usage.month.dollars)}
          note={usage === undefined ? 'of all clusters' : `forecast ${formatDollars(usage.month.forecast_dollars)}`}
        />
      ) : (
        <Figure
          name="Consumer groups"
          value={groups === undefined ? unknown : formatCount(groups.length)}
          note={`${plural(groups?.reduce((sum, group) => sum + group.members, 0) ?? 0, 'member')} reading now`}
        />
      )}
    </dl>
  );
}

/** The last that is known of each. */
function nowOf(history: ThroughputHistory) {
  const last = (line: ChartLine | undefined) => line?.values.findLast((value) => value !== null) ?? 0;
  const [local, remote] = storageOf(history).lines;
  return {
    recordsPerSecond: last(ratesOf(history, 'Records in', 'records_in', 0).lines[0]),
    bytesPerSecond: last(ratesOf(history, 'Bytes in', 'bytes_in', 0).lines[0]),
    localBytes: last(local),
    remoteBytes: last(remote),
  };
}

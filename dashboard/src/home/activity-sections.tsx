import { useQuery } from '@tanstack/react-query';
import type { Activity } from '../../../src/client/index.ts';
import { GroupLink } from '../groups/group-link.tsx';
import { formatByteRate, formatBytes, formatCount, formatDuration, formatRate } from '../lib/format.ts';
import { activityQuery } from '../metrics/queries.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { TopicLink } from '../topics/topic-link.tsx';
import { Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';

/** As many as are looked at without scrolling. */
const shownMax = 8;

/** The busiest topics, and the groups that are furthest behind. */
export function ActivitySections() {
  const activity = useQuery(activityQuery(useSession().client, useScope(), shownMax));
  if (activity.error !== null && activity.data === undefined) {
    return <ProblemNotice error={activity.error} onRetry={() => void activity.refetch()} />;
  }
  if (activity.data === undefined) return <SkeletonRows />;
  const lagging = activity.data.groups.filter(({ lag }) => lag > 0);
  return (
    <>
      <Section title="Busiest topics">
        {activity.data.topics.length === 0 ? (
          <p className="text-sm text-muted">No topic was written to yet.</p>
        ) : (
          <Table caption="Busiest topics" columns={busyColumns} rows={activity.data.topics} rowKey={nameOf} />
        )}
      </Section>
      <Section title="Groups furthest behind">
        {lagging.length === 0 ? (
          <p className="text-sm text-muted">
            {activity.data.groups.length === 0
              ? 'No consumer group was measured yet; they are every five minutes.'
              : 'Every consumer group has read everything there is.'}
          </p>
        ) : (
          <Table caption="Groups furthest behind" columns={lagColumns} rows={lagging} rowKey={({ group }) => group} />
        )}
      </Section>
    </>
  );
}

type BusyTopic = Activity['topics'][number];

const nameOf = ({ topic }: BusyTopic) => topic;

const busyColumns: readonly Column<BusyTopic>[] = [
  { header: 'Topic', cell: ({ topic }) => <TopicLink topic={topic} /> },
  { header: 'Records', isNumber: true, cell: (row) => formatRate(row.records_per_second) },
  { header: 'Bytes', isNumber: true, cell: (row) => formatByteRate(row.bytes_per_second) },
  { header: 'Stored', isNumber: true, cell: (row) => formatBytes(row.local_bytes + row.remote_bytes) },
];

const lagColumns: readonly Column<Activity['groups'][number]>[] = [
  { header: 'Group', cell: ({ group }) => <GroupLink group={group} /> },
  { header: 'Lag', isNumber: true, cell: ({ lag }) => formatCount(lag) },
  { header: 'Behind by', isNumber: true, cell: ({ lag_ms }) => formatDuration(lag_ms) },
  { header: 'Measured', isNumber: true, cell: ({ measured_at }) => <Timestamp ms={measured_at} /> },
];

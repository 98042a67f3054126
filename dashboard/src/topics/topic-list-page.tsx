import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Activity, Topic } from '../../../src/client/index.ts';
import { formatBytes, formatDuration, formatRate, plural } from '../lib/format.ts';
import { activityQuery } from '../metrics/queries.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { TextField } from '../ui/field.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { type VirtualColumn, VirtualTable } from '../ui/virtual-table.tsx';
import { CreateTopicDialog } from './create-topic-dialog.tsx';
import { FirstTopic } from './first-topic.tsx';
import { topicsQuery } from './queries.ts';
import { TopicLink } from './topic-link.tsx';

const route = getRouteApi('/$organization/$cluster/topics');

/** Every topic of the cluster. */
export function TopicListPage() {
  const session = useSession();
  const { filter } = route.useSearch();
  const navigate = route.useNavigate();
  const [isCreating, setCreating] = useState(false);
  const topics = useQuery(topicsQuery(session.client, useScope()));
  const wanted = filter.toLowerCase();
  const shown = useMemo(
    () => (topics.data ?? []).filter(({ name }) => name.toLowerCase().includes(wanted)),
    [topics.data, wanted],
  );
  const create = session.may('topics.create') ? (
    <Button kind="primary" onClick={() => setCreating(true)}>
      Create topic
    </Button>
  ) : null;
  return (
    <Page
      title="Topics"
      facts={topics.data === undefined ? null : plural(topics.data.length, 'topic')}
      actions={create}
    >
      {topics.isPending ? <SkeletonRows /> : null}
      {topics.error ? <ProblemNotice error={topics.error} onRetry={() => void topics.refetch()} /> : null}
      {topics.data?.length === 0 ? <FirstTopic action={create} /> : null}
      {topics.data !== undefined && topics.data.length > 0 ? (
        <>
          <div className="max-w-sm">
            <TextField
              label="Filter topics by name"
              isLabelHidden
              data-filter
              type="search"
              placeholder="Filter by name"
              value={filter}
              onChange={(event) => void navigate({ search: { filter: event.target.value }, replace: true })}
            />
          </div>
          {shown.length === 0 ? (
            <EmptyState title={`No topic has "${filter}" in its name`}>
              <Button onClick={() => void navigate({ search: { filter: '' } })}>Show all topics</Button>
            </EmptyState>
          ) : (
            <TopicTable topics={shown} />
          )}
        </>
      ) : null}
      <CreateTopicDialog isOpen={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}

/** Topics with what the busiest of them take in now and keep. */
function TopicTable({ topics }: { readonly topics: readonly Topic[] }) {
  const activity = useQuery(activityQuery(useSession().client, useScope(), activeMax)).data;
  const rows = useMemo(() => {
    const active = new Map(activity?.topics.map((topic) => [topic.topic, topic]));
    return topics.map((topic): TopicRow => ({ ...topic, activity: active.get(topic.name) ?? null }));
  }, [topics, activity]);
  return <VirtualTable caption="Topics" columns={columns} rows={rows} rowKey={({ topicId }) => topicId} />;
}

/** Of as many topics it is known at once what goes on; the others take in less, and say nothing. */
const activeMax = 1_000;

type TopicRow = Topic & { readonly activity: Activity['topics'][number] | null };

const unknown = <span className="text-muted">–</span>;

const columns: readonly VirtualColumn<TopicRow>[] = [
  { header: 'Name', width: 'minmax(12rem, 1fr)', cell: ({ name }) => <TopicLink topic={name} /> },
  { header: 'Cleanup', width: '8rem', cell: ({ config }) => config['cleanup.policy'] },
  { header: 'Kept for', width: '6rem', cell: ({ config }) => retentionOf(config) },
  { header: 'Partitions', width: '6rem', isNumber: true, cell: ({ partitions }) => partitions },
  {
    header: 'Records in',
    width: '6rem',
    isNumber: true,
    cell: ({ activity }) => (activity === null ? unknown : formatRate(activity.records_per_second)),
  },
  {
    header: 'Stored',
    width: '6rem',
    isNumber: true,
    cell: ({ activity }) => (activity === null ? unknown : formatBytes(activity.local_bytes + activity.remote_bytes)),
  },
  { header: 'Created', width: '12rem', isNumber: true, cell: ({ createdAt }) => <Timestamp ms={createdAt} /> },
];

/** How long records stay, in words. */
export function retentionOf(config: Topic['config']): string {
  const retentionMs = Number(config['retention.ms'] ?? -1);
  return retentionMs < 0 ? 'for ever' : formatDuration(retentionMs);
}

import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { formatCount, formatDuration } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { GroupLink } from './group-link.tsx';
import { GroupState } from './group-state.tsx';
import { type TopicReader, topicReadersQuery } from './topic-readers.ts';

const route = getRouteApi('/$organization/$cluster/topics/$topic');

/** Which groups read a topic, and how far behind each of them is in it. */
export function TopicReadersPage() {
  const { topic } = route.useParams();
  const read = useQuery(topicReadersQuery(useSession().client, useScope(), topic));
  if (read.error) return <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />;
  if (read.data === undefined) return <SkeletonRows />;
  const { readers, isWhole } = read.data;
  return (
    <div className="flex flex-col gap-3">
      {readers.length === 0 ? (
        <EmptyState title="No group reads this topic">
          <p>Consumer groups and share groups show here as soon as they have read from it.</p>
        </EmptyState>
      ) : (
        <Table caption="Consumers" columns={columns} rows={readers} rowKey={({ kind, group }) => `${kind}/${group}`} />
      )}
      {isWhole ? null : (
        <p className="text-sm text-muted">Only some of the cluster's groups were asked, those with members first.</p>
      )}
    </div>
  );
}

const kindNames = { groups: 'consumer group', 'share-groups': 'share group' } as const;

const columns: readonly Column<TopicReader>[] = [
  { header: 'Group', cell: ({ group, kind }) => <GroupLink group={group} kind={kind} /> },
  { header: 'Kind', cell: ({ kind }) => kindNames[kind] },
  { header: 'State', cell: ({ state }) => <GroupState state={state} /> },
  { header: 'Members', isNumber: true, cell: ({ members }) => formatCount(members) },
  { header: 'Lag', isNumber: true, cell: ({ behind }) => formatCount(behind) },
  {
    header: 'Behind by',
    isNumber: true,
    cell: ({ behind, behindMs }) => (behindMs === null || behind === 0 ? '–' : formatDuration(behindMs)),
  },
];

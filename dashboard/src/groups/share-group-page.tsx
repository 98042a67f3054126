import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { MillraceError, type SharePartition } from '../../../src/client/index.ts';
import { formatCount, formatDuration } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Figure, Page, Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { GroupState } from './group-state.tsx';
import { shareGroupQuery } from './queries.ts';

const route = getRouteApi('/$organization/$cluster/share-groups/$group');

/** What waits in a share group, what its workers hold, and what they gave up. */
export function ShareGroupPage() {
  const params = route.useParams();
  const group = useQuery(shareGroupQuery(useSession().client, useScope(), params.group));
  if (group.error instanceof MillraceError && group.error.code === 'GROUP_ID_NOT_FOUND') {
    return (
      <Page title={params.group}>
        <EmptyState title="There is no such share group" />
      </Page>
    );
  }
  if (group.error) return <ProblemNotice error={group.error} onRetry={() => void group.refetch()} />;
  if (group.data === undefined) return <SkeletonRows />;
  const { state, config, members, partitions } = group.data;
  const sum = (field: 'available' | 'acquired' | 'accepted' | 'deadLettered') =>
    formatCount(partitions.reduce((total, partition) => total + partition[field], 0));
  return (
    <Page
      title={params.group}
      facts={
        <>
          <GroupState state={state} />
          <span>locks last {formatDuration(config.lockDurationMs)}</span>
          <span>delivered at most {config.deliveryLimit} times</span>
          {config.deadLetterTopic === null ? (
            <span>no dead letter topic</span>
          ) : (
            <Link
              to="/$organization/$cluster/share-groups/$group/letters"
              params={params}
              className="text-accent underline"
            >
              dead letters in {config.deadLetterTopic}
            </Link>
          )}
        </>
      }
    >
      <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Figure name="Waiting" value={sum('available')} />
        <Figure name="Held by workers" value={sum('acquired')} note={`${formatCount(members.length)} members`} />
        <Figure name="Accepted" value={sum('accepted')} />
        <Figure name="Dead letters" value={sum('deadLettered')} />
      </dl>
      <Section title="Partitions">
        {partitions.length === 0 ? (
          <EmptyState title="The group has read nothing yet" />
        ) : (
          <Table
            caption="Partitions"
            columns={columns}
            rows={partitions}
            rowKey={(row) => `${row.topic}/${row.partition}`}
          />
        )}
      </Section>
    </Page>
  );
}

const orDash = (value: number | null) => (value === null ? '–' : formatCount(value));

const columns: readonly Column<SharePartition>[] = [
  { header: 'Topic', cell: ({ topic }) => topic },
  { header: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { header: 'Decided up to', isNumber: true, cell: ({ startOffset }) => orDash(startOffset) },
  { header: 'Next offset', isNumber: true, cell: ({ highWatermark }) => orDash(highWatermark) },
  { header: 'Waiting', isNumber: true, cell: ({ available }) => formatCount(available) },
  { header: 'Held', isNumber: true, cell: ({ acquired }) => formatCount(acquired) },
  { header: 'Accepted', isNumber: true, cell: ({ accepted }) => formatCount(accepted) },
  { header: 'Dead letters', isNumber: true, cell: ({ deadLettered }) => formatCount(deadLettered) },
  { header: 'Failure', cell: ({ deadLetterFailure }) => deadLetterFailure ?? '' },
];

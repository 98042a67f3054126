import { useQuery } from '@tanstack/react-query';
import type { GroupSummary } from '../../../src/client/index.ts';
import { plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { Snippet } from '../ui/snippet.tsx';
import { type VirtualColumn, VirtualTable } from '../ui/virtual-table.tsx';
import { GroupLink } from './group-link.tsx';
import { GroupState } from './group-state.tsx';
import { groupsQuery } from './queries.ts';

/** Every consumer group of the cluster. */
export function GroupListPage() {
  const groups = useQuery(groupsQuery(useSession().client, useScope()));
  return (
    <Page title="Consumer groups" facts={groups.data === undefined ? null : plural(groups.data.length, 'group')}>
      {groups.isPending ? <SkeletonRows /> : null}
      {groups.error ? <ProblemNotice error={groups.error} onRetry={() => void groups.refetch()} /> : null}
      {groups.data?.length === 0 ? (
        <EmptyState title="No consumer groups yet">
          <p>A group shares the partitions of its topics among its members and remembers how far each was read.</p>
          <Snippet
            title="Command line"
            code={`millrace consume TOPIC --group billing --follow --url ${location.origin}`}
          />
        </EmptyState>
      ) : null}
      {groups.data !== undefined && groups.data.length > 0 ? (
        <VirtualTable caption="Consumer groups" columns={columns} rows={groups.data} rowKey={({ group }) => group} />
      ) : null}
    </Page>
  );
}

const columns: readonly VirtualColumn<GroupSummary>[] = [
  { header: 'Group', width: 'minmax(14rem, 1fr)', cell: ({ group }) => <GroupLink group={group} /> },
  { header: 'State', width: '9rem', cell: ({ state }) => <GroupState state={state} /> },
  { header: 'Members', width: '7rem', isNumber: true, cell: ({ members }) => members },
];

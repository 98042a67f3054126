import { useQuery } from '@tanstack/react-query';
import { plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { GroupLink } from './group-link.tsx';
import { GroupState } from './group-state.tsx';
import { shareGroupsQuery } from './queries.ts';

type Row = { readonly group: string; readonly state: string };

/** Every share group of the cluster. */
export function ShareGroupListPage() {
  const groups = useQuery(shareGroupsQuery(useSession().client, useScope()));
  return (
    <Page title="Share groups" facts={groups.data === undefined ? null : plural(groups.data.length, 'share group')}>
      {groups.isPending ? <SkeletonRows /> : null}
      {groups.error ? <ProblemNotice error={groups.error} onRetry={() => void groups.refetch()} /> : null}
      {groups.data?.length === 0 ? (
        <EmptyState title="No share groups yet">
          <p>
            A share group is a queue on a topic: any number of workers, each record to one of them, again if it fails.
          </p>
        </EmptyState>
      ) : null}
      {groups.data !== undefined && groups.data.length > 0 ? (
        <Table caption="Share groups" columns={columns} rows={groups.data} rowKey={({ group }) => group} />
      ) : null}
    </Page>
  );
}

const columns: readonly Column<Row>[] = [
  { header: 'Group', cell: ({ group }) => <GroupLink group={group} kind="share-groups" /> },
  { header: 'State', cell: ({ state }) => <GroupState state={state} /> },
];

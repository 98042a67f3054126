import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import {
  type GroupDescription,
  type GroupMember,
  type GroupPartition,
  MillraceError,
} from '../../../src/client/index.ts';
import { formatCount, formatDuration, plural } from '../lib/format.ts';
import { formatTimestamp, useZone } from '../lib/zone.ts';
import { lagHistoryQuery } from '../metrics/queries.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Figure, Page, Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { GroupState } from './group-state.tsx';
import { KeptResets } from './kept-resets.tsx';
import { LagCharts } from './lag-charts.tsx';
import { trendOf, trendText } from './lag-trend.ts';
import { groupQuery } from './queries.ts';
import { ResetDialog } from './reset-dialog.tsx';

const route = getRouteApi('/$organization/$cluster/groups/$group');

/** Who reads in a group, how far it is, and how far behind. */
export function GroupPage() {
  const { group: name } = route.useParams();
  const session = useSession();
  const [isResetting, setResetting] = useState(false);
  const group = useQuery(groupQuery(session.client, useScope(), name));
  if (group.error instanceof MillraceError && group.error.code === 'GROUP_ID_NOT_FOUND') {
    return (
      <Page title={name}>
        <EmptyState title="There is no such group" />
      </Page>
    );
  }
  if (group.error) return <ProblemNotice error={group.error} onRetry={() => void group.refetch()} />;
  if (group.data === undefined) return <SkeletonRows />;
  const { state, members, partitions, assignor } = group.data;
  const maySteer = session.may('groups.read');
  return (
    <Page
      title={name}
      facts={
        <>
          <GroupState state={state} />
          <span>assignor {assignor}</span>
        </>
      }
      actions={
        maySteer ? (
          <Button
            onClick={() => setResetting(true)}
            disabled={members.length > 0}
            title={members.length > 0 ? 'A group with members keeps its offsets' : undefined}
          >
            Reset offsets
          </Button>
        ) : null
      }
    >
      <GroupFigures group={group.data} atMs={group.dataUpdatedAt} />
      <LagCharts group={group.data} atMs={group.dataUpdatedAt} />
      <Section title="Partitions">
        {partitions.length === 0 ? (
          <EmptyState title="The group has read nothing yet" />
        ) : (
          <Table
            caption="Partitions"
            columns={partitionColumns}
            rows={partitions}
            rowKey={(row) => `${row.topic}/${row.partition}`}
          />
        )}
      </Section>
      <MemberList members={members} />
      <KeptResets group={name} hasMembers={members.length > 0} />
      {isResetting ? <ResetDialog group={name} onClose={() => setResetting(false)} /> : null}
    </Page>
  );
}

function MemberList({ members }: { readonly members: readonly GroupMember[] }) {
  return (
    <Section title="Members">
      {members.length === 0 ? (
        <p className="text-sm text-muted">Nobody reads in this group now. Its offsets are kept.</p>
      ) : (
        <Table caption="Members" columns={memberColumns} rows={members} rowKey={({ memberId }) => memberId} />
      )}
    </Section>
  );
}

/** How the group was at a time, and where its lag is going. */
function GroupFigures({ group, atMs }: { readonly group: GroupDescription; readonly atMs: number }) {
  const { lag, lagMs, members, partitions } = group;
  const { client } = useSession();
  const history = useQuery(lagHistoryQuery(client, useScope(), group.group));
  const trend = history.data === undefined ? null : trendOf(history.data, group, atMs);
  const zone = useZone();
  return (
    <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Figure
        name="Lag"
        value={formatCount(lag)}
        note={trend === null ? 'records not committed yet' : trendText(trend, atMs, (ms) => formatTimestamp(ms, zone))}
      />
      <Figure
        name="Behind by"
        value={lag === 0 ? 'nothing' : formatDuration(lagMs)}
        note="the longest wait of a next record"
      />
      <Figure name="Members" value={formatCount(members.length)} />
      <Figure name="Partitions" value={formatCount(partitions.length)} />
    </dl>
  );
}

const orDash = (value: number | null, format: (value: number) => string) => (value === null ? '–' : format(value));

const partitionColumns: readonly Column<GroupPartition>[] = [
  { header: 'Topic', cell: ({ topic }) => topic },
  { header: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { header: 'Committed', isNumber: true, cell: ({ committedOffset }) => orDash(committedOffset, formatCount) },
  { header: 'Next offset', isNumber: true, cell: ({ highWatermark }) => formatCount(highWatermark) },
  { header: 'Lag', isNumber: true, cell: ({ lag }) => orDash(lag, formatCount) },
  { header: 'Behind by', isNumber: true, cell: ({ lag, lagMs }) => (lag === 0 ? '–' : orDash(lagMs, formatDuration)) },
  { header: 'Member', cell: ({ memberId }) => memberId ?? '–' },
];

const memberColumns: readonly Column<GroupMember>[] = [
  { header: 'Member', cell: ({ memberId }) => <span className="font-mono text-xs">{memberId}</span> },
  {
    header: 'Client',
    cell: ({ clientId, instanceId }) => (instanceId === null ? clientId : `${clientId} (${instanceId})`),
  },
  {
    header: 'Has',
    cell: ({ assignment }) =>
      Object.entries(assignment)
        .map(([topic, numbers]) => `${topic}: ${numbers.join(', ')}`)
        .join(' · ') || 'nothing',
  },
  {
    header: 'Partitions',
    isNumber: true,
    cell: ({ assignment }) =>
      plural(
        Object.values(assignment).reduce((sum, numbers) => sum + numbers.length, 0),
        'partition',
      ),
  },
];

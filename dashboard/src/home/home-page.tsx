import { useQuery } from '@tanstack/react-query';
import type { GroupSummary, Topic } from '../../../src/client/index.ts';
import { GroupLink } from '../groups/group-link.tsx';
import { GroupState } from '../groups/group-state.tsx';
import { groupsQuery } from '../groups/queries.ts';
import { formatCount } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { FirstTopic } from '../topics/first-topic.tsx';
import { topicsQuery } from '../topics/queries.ts';
import { TopicLink } from '../topics/topic-link.tsx';
import { Figure, Page, Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';

const shownMax = 8;

/** What there is in the cluster, at a glance. */
export function HomePage() {
  const { client } = useSession();
  const scope = useScope();
  const topics = useQuery(topicsQuery(client, scope));
  const groups = useQuery(groupsQuery(client, scope));
  const error = topics.error ?? groups.error;
  if (error !== null) return <ProblemNotice error={error} onRetry={() => void topics.refetch()} />;
  if (topics.data === undefined || groups.data === undefined) return <SkeletonRows />;
  const newest = topics.data.toSorted((a, b) => b.createdAt - a.createdAt).slice(0, shownMax);
  return (
    <Page title="Home">
      {topics.data.length === 0 ? (
        <FirstTopic action={null} />
      ) : (
        <>
          <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
            <Figure name="Topics" value={formatCount(topics.data.length)} />
            <Figure
              name="Partitions"
              value={formatCount(topics.data.reduce((sum, topic) => sum + topic.partitions, 0))}
            />
            <Figure name="Consumer groups" value={formatCount(groups.data.length)} />
            <Figure
              name="Members"
              value={formatCount(groups.data.reduce((sum, group) => sum + group.members, 0))}
              note="reading in consumer groups now"
            />
          </dl>
          <Section title="Newest topics">
            <Table caption="Newest topics" columns={topicColumns} rows={newest} rowKey={({ topicId }) => topicId} />
          </Section>
          {groups.data.length === 0 ? null : (
            <Section title="Consumer groups">
              <Table
                caption="Consumer groups"
                columns={groupColumns}
                rows={groups.data.slice(0, shownMax)}
                rowKey={({ group }) => group}
              />
            </Section>
          )}
        </>
      )}
    </Page>
  );
}

const topicColumns: readonly Column<Topic>[] = [
  { header: 'Topic', cell: ({ name }) => <TopicLink topic={name} /> },
  { header: 'Partitions', isNumber: true, cell: ({ partitions }) => partitions },
  { header: 'Created', cell: ({ createdAt }) => <Timestamp ms={createdAt} /> },
];

const groupColumns: readonly Column<GroupSummary>[] = [
  { header: 'Group', cell: ({ group }) => <GroupLink group={group} /> },
  { header: 'State', cell: ({ state }) => <GroupState state={state} /> },
  { header: 'Members', isNumber: true, cell: ({ members }) => members },
];

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Outlet } from '@tanstack/react-router';
import { useState } from 'react';
import { MillraceError } from '../../../src/client/index.ts';
import { ReplayDialog } from '../jobs/replay-dialog.tsx';
import { plural } from '../lib/format.ts';
import { ProduceDialog } from '../records/produce-dialog.tsx';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { TabLinks } from '../ui/tab-links.tsx';
import { DeleteTopicDialog } from './delete-topic-dialog.tsx';
import { topicQuery } from './queries.ts';
import { retentionOf } from './topic-list-page.tsx';

const route = getRouteApi('/$organization/$cluster/topics/$topic');

/** What all pages of a topic share: its name, its facts, what can be done to it. */
export function TopicLayout() {
  const params = route.useParams();
  const session = useSession();
  const [open, setOpen] = useState<'produce' | 'replay' | 'delete' | null>(null);
  const topic = useQuery(topicQuery(session.client, useScope(), params.topic));
  if (topic.error instanceof MillraceError && topic.error.code === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return (
      <Page title={params.topic}>
        <EmptyState title="There is no such topic">
          <p>It was deleted, was never created in this cluster, or you may not see it.</p>
        </EmptyState>
      </Page>
    );
  }
  if (topic.error) return <ProblemNotice error={topic.error} onRetry={() => void topic.refetch()} />;
  if (topic.data === undefined) return <SkeletonRows />;
  const { name, partitions, config } = topic.data;
  return (
    <Page
      title={name}
      facts={
        <>
          <span>{plural(partitions, 'partition')}</span>
          <span>{config['cleanup.policy']}</span>
          <span>kept {retentionOf(config)}</span>
        </>
      }
      actions={
        <>
          {session.may('records.write') ? (
            <Button kind="primary" onClick={() => setOpen('produce')}>
              Produce
            </Button>
          ) : null}
          {session.may('records.write') ? <Button onClick={() => setOpen('replay')}>Replay</Button> : null}
          {session.may('topics.delete') ? <Button onClick={() => setOpen('delete')}>Delete</Button> : null}
        </>
      }
    >
      <TabLinks
        label="Parts of the topic"
        tabs={[
          { label: 'Records', to: '/$organization/$cluster/topics/$topic', params },
          { label: 'Partitions', to: '/$organization/$cluster/topics/$topic/partitions', params },
          { label: 'Consumers', to: '/$organization/$cluster/topics/$topic/consumers', params },
          { label: 'Metrics', to: '/$organization/$cluster/topics/$topic/metrics', params },
          { label: 'Configs', to: '/$organization/$cluster/topics/$topic/configs', params },
          ...(session.may('records.write')
            ? [{ label: 'Upload', to: '/$organization/$cluster/topics/$topic/upload', params } as const]
            : []),
        ]}
      />
      <Outlet />
      <ProduceDialog topic={topic.data} isOpen={open === 'produce'} onClose={() => setOpen(null)} />
      {open === 'replay' ? <ReplayDialog source={name} onClose={() => setOpen(null)} /> : null}
      <DeleteTopicDialog topic={name} isOpen={open === 'delete'} onClose={() => setOpen(null)} />
    </Page>
  );
}

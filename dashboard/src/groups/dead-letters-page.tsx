import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { DeadLetter, RedriveOptions } from '../../../src/client/index.ts';
import { formatCount, plural } from '../lib/format.ts';
import { PayloadPreview } from '../records/payload.tsx';
import { useScope, useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { useSay } from '../ui/toasts.tsx';
import { deadLettersQuery } from './queries.ts';

const route = getRouteApi('/$organization/$cluster/share-groups/$group/letters');

/** What a share group gave up: where each record lies, where it came from, and the way back. */
export function DeadLettersPage() {
  const params = route.useParams();
  const { client, may } = useSession();
  const letters = useQuery(deadLettersQuery(client, useScope(), params.group));
  const redriving = useRedriving(params.group);
  const maySend = may('records.write');
  const waiting = letters.data?.letters.filter(({ isSentBack, isWhole }) => !isSentBack && isWhole).length ?? 0;
  return (
    <Page
      title={`Dead letters of ${params.group}`}
      facts={
        <Link to="/$organization/$cluster/share-groups/$group" params={params} className="text-accent underline">
          the share group
        </Link>
      }
      actions={
        maySend ? (
          <Button
            kind="primary"
            disabled={waiting === 0}
            busyLabel={redriving.isPending ? 'Starting …' : null}
            onClick={() => redriving.mutate({})}
          >
            Send all back
          </Button>
        ) : null
      }
    >
      {redriving.error ? <ProblemNotice error={redriving.error} /> : null}
      {letters.error ? <ProblemNotice error={letters.error} onRetry={() => void letters.refetch()} /> : null}
      {letters.isPending ? <SkeletonRows /> : null}
      {letters.data?.letters.length === 0 ? (
        <EmptyState title="No dead letters">
          <p>Records that workers reject, or that were delivered too often, are copied to the dead-letter topic.</p>
        </EmptyState>
      ) : null}
      {letters.data !== undefined && letters.data.letters.length > 0 ? (
        <>
          <p className="text-sm text-muted" role="status">
            {plural(letters.data.letters.length, 'letter')}
            {letters.data.isWhole ? '' : ' shown, the oldest; there are more'}, of which {formatCount(waiting)} can be
            sent back and {waiting === 1 ? 'was' : 'were'} not yet.
          </p>
          <LetterTable
            letters={letters.data.letters}
            isBusy={redriving.isPending}
            onSend={maySend ? (letter) => redriving.mutate({ letter }) : null}
          />
        </>
      ) : null}
    </Page>
  );
}

function LetterTable(props: {
  readonly letters: readonly DeadLetter[];
  readonly isBusy: boolean;
  /** Null for who may not send any. */
  readonly onSend: ((letter: NonNullable<RedriveOptions['letter']>) => void) | null;
}) {
  const { letters, isBusy, onSend } = props;
  const sendColumn: Column<DeadLetter> = {
    header: 'Back',
    cell: ({ record: { partition, offset }, isWhole }) => (
      <Button
        disabled={!isWhole || isBusy}
        aria-label={`Send back ${partition}@${offset}`}
        onClick={() => onSend?.({ partition, offset })}
      >
        Send back
      </Button>
    ),
  };
  return (
    <Table
      caption="Dead letters"
      columns={[...placeColumns, ...(onSend === null ? [] : [sendColumn]), ...factColumns]}
      rows={letters}
      rowKey={({ record }) => `${record.partition}@${record.offset}`}
    />
  );
}

/** Starts the job and shows it. */
function useRedriving(group: string) {
  const { client, organization_id: organization, cluster_id: cluster } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  return useMutation({
    mutationFn: ({ letter }: Pick<RedriveOptions, 'letter'>) => client.jobs.redrive({ group, letter }),
    onSuccess: async ({ jobId }, { letter }) => {
      await queries.invalidateQueries({ queryKey: deadLettersQuery(client, scope, group).queryKey });
      if (letter === undefined) {
        await navigate({ to: '/$organization/$cluster/jobs/$job', params: { organization, cluster, job: jobId } });
      } else say('Sent back', `${letter.partition}@${letter.offset} goes back to where it came from.`);
    },
  });
}

function RecordPlace(props: {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly isShort?: boolean;
}) {
  const { topic, partition, offset, isShort = false } = props;
  const { organization_id: organization, cluster_id: cluster } = useSession();
  return (
    <Link
      to="/$organization/$cluster/topics/$topic/$partition/$offset"
      params={{ organization, cluster, topic, partition: String(partition), offset: String(offset) }}
      className="whitespace-nowrap text-accent underline"
    >
      {isShort ? `${partition}@${offset}` : `${topic}/${partition}@${offset}`}
    </Link>
  );
}

const placeColumns: readonly Column<DeadLetter>[] = [
  { header: 'Letter', cell: ({ record }) => <RecordPlace {...placeOf(record)} isShort /> },
  { header: 'Came from', cell: ({ source }) => <RecordPlace {...source} /> },
  {
    header: 'State',
    cell: ({ isSentBack }) => (
      <span className="whitespace-nowrap">{isSentBack ? <Badge tone="ok">sent back</Badge> : <Badge>dead</Badge>}</span>
    ),
  },
];

const factColumns: readonly Column<DeadLetter>[] = [
  { header: 'Reason', cell: ({ reason, isWhole }) => (isWhole ? reason : `${reason}; its record is gone`) },
  { header: 'Deliveries', isNumber: true, cell: ({ deliveryCount }) => formatCount(deliveryCount) },
  { header: 'Died', cell: ({ diedAt }) => <Timestamp ms={diedAt} /> },
  {
    header: 'Value',
    cell: ({ record }) => (
      <div className="max-w-72 truncate">
        <PayloadPreview bytes={record.value} />
      </div>
    ),
  },
];

const placeOf = ({ topic, partition, offset }: DeadLetter['record']) => ({ topic, partition, offset });

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type Job, MillraceError } from '../../../src/client/index.ts';
import { formatBytes, formatCount, formatDuration } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { TopicLink } from '../topics/topic-link.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Figure, Page, Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { JobState, jobTitle } from './job-state.tsx';
import { jobQuery } from './queries.ts';

const route = getRouteApi('/$organization/$cluster/jobs/$job');

/** How far one job is, at an address of its own. */
export function JobPage() {
  const { job: jobId } = route.useParams();
  const { client } = useSession();
  const job = useQuery(jobQuery(client, useScope(), jobId));
  if (job.error instanceof MillraceError && job.error.code === 'UNKNOWN_RESOURCE') {
    return (
      <Page title="Job">
        <EmptyState title="There is no such job">
          <p>It was forgotten after a hundred later ones, or you may not see it.</p>
        </EmptyState>
      </Page>
    );
  }
  if (job.error) return <ProblemNotice error={job.error} onRetry={() => void job.refetch()} />;
  if (job.data === undefined) return <SkeletonRows />;
  return <JobDetail job={job.data} />;
}

function JobDetail({ job }: { readonly job: Job }) {
  const problem = job.failure ?? job.waitingFor;
  return (
    <Page
      title={jobTitle(job)}
      facts={
        <>
          <JobState job={job} />
          <span>
            from <TopicLink topic={job.source} />
          </span>
          {job.target === null ? null : (
            <span>
              to <TopicLink topic={job.target} />
            </span>
          )}
          <span>
            started <Timestamp ms={job.startedAt} /> by {job.startedBy.replace(/^User:/, '')}
          </span>
          {job.endedAt === null ? null : <span>took {formatDuration(job.endedAt - job.startedAt)}</span>}
        </>
      }
      actions={job.state === 'running' ? <CancelButton job={job} /> : null}
    >
      <ProgressBar
        label={`${formatCount(job.offsetsDone)} of ${formatCount(job.offsets)} offsets`}
        value={job.offsets === 0 ? 1 : job.offsetsDone}
        max={job.offsets}
      />
      {problem === null ? null : (
        <p role="status" className={job.failure === null ? 'text-warn' : 'text-danger'}>
          {job.failure === null ? 'Tried again until it works: ' : 'It failed: '}
          {problem.message} <span className="font-mono text-xs">{problem.code}</span>
        </p>
      )}
      {job.where === null ? null : (
        <p className="text-sm">
          Only records where <code className="font-mono">{job.where}</code>
        </p>
      )}
      <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Figure name="Read" value={formatCount(job.read)} note="committed records" />
        <Figure name="Written" value={formatCount(job.written)} />
        <Figure name="Bytes written" value={formatBytes(job.writtenBytes)} />
        <Figure name="Passed over" value={formatCount(job.passedOver)} />
      </dl>
      <Section title="Partitions">
        {job.partitions.length === 0 ? (
          <EmptyState title="There was nothing in the range" />
        ) : (
          <Table
            caption="Partitions"
            columns={columns}
            rows={job.partitions}
            rowKey={({ partition }) => String(partition)}
          />
        )}
      </Section>
    </Page>
  );
}

function CancelButton({ job }: { readonly job: Job }) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const cancelling = useMutation({
    mutationFn: () => client.jobs.cancel(job.jobId),
    onSuccess: (cancelled) => queries.setQueryData(jobQuery(client, scope, job.jobId).queryKey, cancelled),
  });
  return (
    <>
      {cancelling.error ? <ProblemNotice error={cancelling.error} /> : null}
      <Button busyLabel={cancelling.isPending ? 'Cancelling …' : null} onClick={() => cancelling.mutate()}>
        Cancel
      </Button>
    </>
  );
}

const columns: readonly Column<Job['partitions'][number]>[] = [
  { header: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { header: 'From', isNumber: true, cell: ({ from }) => formatCount(from) },
  { header: 'Next', isNumber: true, cell: ({ next }) => formatCount(next) },
  { header: 'To', isNumber: true, cell: ({ to }) => formatCount(to) },
];

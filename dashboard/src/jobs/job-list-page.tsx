import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Job } from '../../../src/client/index.ts';
import { formatCount, plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { JobState, jobTitle, shareDone } from './job-state.tsx';
import { jobsQuery } from './queries.ts';
import { ReplayDialog } from './replay-dialog.tsx';

/** What copies records in the background, and what has. */
export function JobListPage() {
  const { client, may } = useSession();
  const jobs = useQuery(jobsQuery(client, useScope()));
  const [isReplaying, setReplaying] = useState(false);
  return (
    <Page
      title="Jobs"
      facts={jobs.data === undefined ? null : plural(jobs.data.length, 'job')}
      actions={
        may('records.write') ? (
          <Button kind="primary" onClick={() => setReplaying(true)}>
            Replay records
          </Button>
        ) : null
      }
    >
      {jobs.isPending ? <SkeletonRows /> : null}
      {jobs.error ? <ProblemNotice error={jobs.error} onRetry={() => void jobs.refetch()} /> : null}
      {jobs.data?.length === 0 ? (
        <EmptyState title="No jobs yet">
          <p>
            A job copies a range of records to another topic, or dead letters back to where they came from, each once.
            It goes on when you leave.
          </p>
        </EmptyState>
      ) : null}
      {jobs.data !== undefined && jobs.data.length > 0 ? (
        <Table caption="Jobs" columns={columns} rows={jobs.data} rowKey={({ jobId }) => jobId} />
      ) : null}
      {isReplaying ? <ReplayDialog onClose={() => setReplaying(false)} /> : null}
    </Page>
  );
}

function JobLink({ job }: { readonly job: Job }) {
  const { organization_id: organization, cluster_id: cluster } = useSession();
  return (
    <Link
      to="/$organization/$cluster/jobs/$job"
      params={{ organization, cluster, job: job.jobId }}
      className="text-accent underline"
    >
      {jobTitle(job)}
    </Link>
  );
}

const columns: readonly Column<Job>[] = [
  { header: 'Job', cell: (job) => <JobLink job={job} /> },
  { header: 'State', cell: (job) => <JobState job={job} /> },
  { header: 'Done', isNumber: true, cell: (job) => `${Math.floor(shareDone(job) * 100)} %` },
  { header: 'Written', isNumber: true, cell: ({ written }) => formatCount(written) },
  { header: 'Passed over', isNumber: true, cell: ({ passedOver }) => formatCount(passedOver) },
  { header: 'Started', cell: ({ startedAt }) => <Timestamp ms={startedAt} /> },
  { header: 'By', cell: ({ startedBy }) => startedBy.replace(/^User:/, '') },
];

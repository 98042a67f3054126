import { queryOptions } from '@tanstack/react-query';
import type { Client, Job } from '../../../src/client/index.ts';

type Scope = readonly [string, string];

/** While a job runs it is looked at this often; others change by nobody. */
const runningMs = 1_000;
const restingMs = 15_000;

const isRunning = ({ state }: Job) => state === 'running';

/** The jobs of the cluster, the newest first. */
export function jobsQuery(client: Client, scope: Scope) {
  return queryOptions({
    queryKey: [...scope, 'jobs'],
    queryFn: ({ signal }) => client.jobs.list({ signal }),
    refetchInterval: ({ state }) => (state.data?.some(isRunning) === true ? runningMs : restingMs),
  });
}

export function jobQuery(client: Client, scope: Scope, jobId: string) {
  return queryOptions({
    queryKey: [...scope, 'job', jobId],
    queryFn: ({ signal }) => client.jobs.describe(jobId, { signal }),
    refetchInterval: ({ state }) => (state.data !== undefined && isRunning(state.data) ? runningMs : false),
  });
}

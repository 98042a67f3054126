import { checkAccess, describable } from '../../authorization/access-check.ts';
import { clusterResource } from '../../authorization/acl-binding.ts';
import type { Principal } from '../../authorization/principal.ts';
import {
  type JobJson,
  type JobListJson,
  type JobPlanJson,
  type JobRequestJson,
  jobRequestSchema,
  type RedrivenJson,
} from '../../contracts/jobs.ts';
import type { Result } from '../../errors/result.ts';
import type { JobPlace, PlannedJob } from '../../gateway/jobs/job-edge.ts';
import type { Job, JobRange, JobTask } from '../../jobs/job.ts';
import { jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';
import { shareGroupRefOf } from './share-groups.ts';

const startJob: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, jobRequestSchema);
  if (!body.ok) return problemAnswer(body.error);
  const planned = await planOf(c, body.value);
  if (!planned.ok) return problemAnswer(planned.error);
  const { task, ranges } = planned.value;
  if (body.value.dry_run === true) return jsonAnswer(planJson(planned.value));
  const recorded = await c.env.recordAttempt(`jobs.${task.kind}`, resourceOf(task));
  if (!recorded.ok) return problemAnswer(recorded.error);
  const started = await c.env.jobs.start({ ...planned.value, ranges });
  return started.ok ? jsonAnswer(jobJson(started.value), 201) : problemAnswer(started.error);
};

const listJobs: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const listed = await c.env.jobs.rpc.listJobs(c.env.cluster);
  if (!listed.ok) return problemAnswer(listed.error);
  const shown = listed.value.filter((job) => isShown(c.env.principal, job));
  return jsonAnswer({ jobs: shown.map(jobJson) } satisfies JobListJson);
};

const describeJob: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  return jobAnswer(await findJob(c));
};

const cancelJob: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const found = await findJob(c);
  if (!found.ok) return problemAnswer(found.error);
  const { principal, cluster } = c.env;
  if (found.value.startedBy !== principal.id) {
    const access = { operation: 'ALTER', resourceType: 'CLUSTER', resourceName: clusterResource } as const;
    const allowed = checkAccess(principal, access);
    if (!allowed.ok) return problemAnswer(allowed.error);
  }
  const recorded = await c.env.recordAttempt('jobs.cancel', found.value.jobId);
  if (!recorded.ok) return problemAnswer(recorded.error);
  return jobAnswer(await c.env.jobs.rpc.cancelJob(cluster, found.value.jobId));
};

const describeRedriven: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const ref = shareGroupRefOf(c);
  const group = await c.env.shares.groups.find(ref);
  if (!group.ok) return problemAnswer(group.error);
  const { deadLetterTopic } = group.value.config;
  const route = deadLetterTopic === null ? null : await c.env.routes.find(deadLetterTopic);
  const redriven = await c.env.jobs.rpc.redriven(c.env.cluster, ref.groupId);
  if (!redriven.ok) return problemAnswer(redriven.error);
  const isHere = ({ topicId }: { readonly topicId: string }) => route?.ok === true && topicId === route.value.topicId;
  return jsonAnswer({
    dead_letter_topic: deadLetterTopic,
    partitions: redriven.value.partitions.filter(isHere).map(({ partition, next }) => ({ partition, next })),
    letters: redriven.value.letters.filter(isHere).map(({ partition, offset }) => ({ partition, offset })),
  } satisfies RedrivenJson);
};

export const jobHandlers = {
  startJob,
  listJobs,
  describeJob,
  cancelJob,
  describeRedriven,
} as const satisfies Record<string, Handler>;

function planOf(c: ApiContext, request: JobRequestJson): Promise<Result<PlannedJob>> {
  if (request.kind === 'redrive') {
    return c.env.jobs.planRedrive({ groupId: request.group, letter: request.letter ?? null });
  }
  const { source, target, partition = null, from = 'earliest', to = 'latest', where = null } = request;
  return c.env.jobs.planReplay({
    source,
    target,
    partition,
    from: placeOf(from),
    to: placeOf(to),
    filter: where,
  });
}

type PlaceJson = NonNullable<Extract<JobRequestJson, { kind: 'replay' }>['from']>;

function placeOf(place: PlaceJson): JobPlace {
  if (typeof place === 'string') return place;
  return 'offset' in place ? place : { timestampMs: place.timestamp };
}

function findJob(c: ApiContext): Promise<Result<Job>> {
  return c.env.jobs.find(c.req.param('job_id') ?? '', (job) => isShown(c.env.principal, job));
}

function isShown(principal: Principal, { task }: Job): boolean {
  const topics = task.kind === 'replay' ? [task.source.topic, task.target.topic] : [task.source.topic];
  const groups = task.kind === 'redrive' ? [task.groupId] : [];
  const isAll = (type: 'TOPIC' | 'GROUP', names: readonly string[]) =>
    describable(principal, type, names, (name) => name).length === names.length;
  return isAll('TOPIC', topics) && isAll('GROUP', groups);
}

function jobAnswer(job: Result<Job>): Response {
  return job.ok ? jsonAnswer(jobJson(job.value)) : problemAnswer(job.error);
}

const resourceOf = (task: JobTask): string =>
  task.kind === 'replay' ? `${task.source.topic} to ${task.target.topic}` : task.groupId;

const offsetsIn = (ranges: readonly JobRange[]): number => ranges.reduce((sum, { from, to }) => sum + to - from, 0);

function planJson({ task, ranges }: PlannedJob): JobPlanJson {
  return {
    dry_run: true,
    source: task.source.topic,
    target: task.kind === 'replay' ? task.target.topic : null,
    partitions: [...ranges],
    offsets: offsetsIn(ranges),
  };
}

function jobJson(job: Job): JobJson {
  const { task, state, partitions, counts, failure } = job;
  const problem = failure === null ? null : { code: failure.code, message: failure.message };
  return {
    job_id: job.jobId,
    kind: task.kind,
    state,
    source: task.source.topic,
    target: task.kind === 'replay' ? task.target.topic : null,
    group: task.kind === 'redrive' ? task.groupId : null,
    where: task.kind === 'replay' ? task.filter : null,
    started_by: job.startedBy,
    started_at: job.startedAtMs,
    updated_at: job.updatedAtMs,
    ended_at: job.endedAtMs,
    partitions: [...partitions],
    offsets: offsetsIn(partitions),
    offsets_done: partitions.reduce((sum, { from, next }) => sum + next - from, 0),
    read: counts.read,
    written: counts.written,
    written_bytes: counts.writtenBytes,
    passed_over: counts.passedOver,
    waiting_for: state === 'running' ? problem : null,
    failure: state === 'failed' ? problem : null,
  };
}

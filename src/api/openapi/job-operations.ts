import { jobListSchema, jobPlanSchema, jobRequestSchema, jobSchema, redrivenSchema } from '../../contracts/jobs.ts';
import type { ErrorCode } from '../../errors/error-codes.ts';
import { anyCredential, onGroup } from './authorization.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, json } from './operation-parts.ts';

const tag = 'Jobs';

const objectErrors = ['OVERLOADED', 'UNKNOWN_OUTCOME'] as const satisfies readonly ErrorCode[];

const described = {
  200: { description: 'The job as it stands.', content: { [json]: { schema: jobSchema } } },
} as const;

export const jobOperations = {
  startJob: {
    method: 'POST',
    path: '/v1/jobs',
    authorization: anyCredential(
      'it needs READ of the source and WRITE of the target, of a redrive READ of the group too, now and at each step',
      'TOPIC',
      'GROUP',
    ),
    tag,
    summary: 'Copy a range of records to another topic, or send dead letters back, in the background',
    description:
      'Committed records are copied once each, with their keys, headers and times, also when the platform is restarted meanwhile. The job runs on behalf of who starts it, within their quotas, and fails when they may do it no more.',
    requestBody: {
      [json]: {
        schema: jobRequestSchema,
        example: { kind: 'replay', source: 'flights', target: 'flights-again', from: { timestamp: 1_790_000_000_000 } },
      },
    },
    answers: {
      200: { description: 'What a `dry_run` would copy.', content: { [json]: { schema: jobPlanSchema } } },
      201: { description: 'The job runs.', content: { [json]: { schema: jobSchema } } },
    },
    errors: [
      ...bodyErrors,
      ...objectErrors,
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'GROUP_ID_NOT_FOUND',
      'OFFSET_OUT_OF_RANGE',
      'ILLEGAL_STATE',
      'LIMIT_REACHED',
      'KAFKA_STORAGE_ERROR',
    ],
  },
  listJobs: {
    method: 'GET',
    path: '/v1/jobs',
    authorization: anyCredential('jobs are listed whose topics and group it may DESCRIBE'),
    tag,
    summary: 'List the jobs that run, and the last that did, the newest first',
    answers: { 200: { description: 'The jobs.', content: { [json]: { schema: jobListSchema } } } },
    errors: ['INVALID_REQUEST', ...objectErrors],
  },
  describeJob: {
    method: 'GET',
    path: '/v1/jobs/{job_id}',
    authorization: anyCredential('it finds the jobs that are listed for it'),
    tag,
    summary: 'Describe a job, with how far it is',
    answers: described,
    errors: ['INVALID_REQUEST', 'UNKNOWN_RESOURCE', ...objectErrors],
  },
  cancelJob: {
    method: 'POST',
    path: '/v1/jobs/{job_id}/cancel',
    authorization: anyCredential('for who started it, and who may ALTER the cluster', 'CLUSTER'),
    tag,
    summary: 'Stop a job after its step',
    description: 'What it has copied stays. A job that is over is answered as it is.',
    answers: described,
    errors: ['INVALID_REQUEST', 'UNKNOWN_RESOURCE', ...objectErrors],
  },
  describeRedriven: {
    method: 'GET',
    path: '/v1/share-groups/{group}/redriven',
    authorization: onGroup('DESCRIBE'),
    tag: 'Share groups',
    summary: 'Say which dead letters of a share group were sent back',
    answers: { 200: { description: 'What was sent back.', content: { [json]: { schema: redrivenSchema } } } },
    errors: ['GROUP_ID_NOT_FOUND', 'INVALID_REQUEST', ...objectErrors],
  },
} as const satisfies Record<string, Operation>;

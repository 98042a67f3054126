import { activitySchema, lagHistorySchema, throughputHistorySchema } from '../../contracts/history.ts';
import type { ErrorCode } from '../../errors/error-codes.ts';
import { seriesStepsMs } from '../../history/metric-series.ts';
import { limits } from '../../limits.ts';
import { anyCredential, onCluster, onGroup, onTopic } from './authorization.ts';
import type { Operation, OperationParameter } from './operation.ts';
import { json, limitParameter } from './operation-parts.ts';

const objectErrors = ['OVERLOADED', 'UNKNOWN_OUTCOME', 'INVALID_REQUEST'] as const satisfies readonly ErrorCode[];

const windowParameters: readonly OperationParameter[] = [
  {
    name: 'from',
    in: 'query',
    description: 'When to begin, in ms since 1970; an hour before `to` by default.',
    schema: { type: 'integer', minimum: 0 },
  },
  {
    name: 'to',
    in: 'query',
    description: 'When to end, in ms since 1970; now by default.',
    schema: { type: 'integer', minimum: 0 },
  },
  {
    name: 'step_ms',
    in: 'query',
    description: 'How wide a point is; by default the finest by which there are at most 200.',
    schema: { type: 'integer', enum: [...seriesStepsMs] },
  },
];

const kept = 'Minutes are kept for two hours, five minutes for a day, hours for two weeks, days for 400 days.';

const throughput = {
  200: { description: 'The points.', content: { [json]: { schema: throughputHistorySchema } } },
} as const;

export const historyOperations = {
  readClusterHistory: {
    method: 'GET',
    path: '/v1/history',
    authorization: onCluster('DESCRIBE'),
    tag: 'History',
    summary: 'Read what the cluster took in and kept, over time',
    description: kept,
    parameters: windowParameters,
    answers: throughput,
    errors: objectErrors,
  },
  readTopicHistory: {
    method: 'GET',
    path: '/v1/topics/{topic}/history',
    authorization: onTopic('DESCRIBE'),
    tag: 'History',
    summary: 'Read what a topic took in and kept, over time',
    description: kept,
    parameters: windowParameters,
    answers: throughput,
    errors: [...objectErrors, 'UNKNOWN_TOPIC_OR_PARTITION'],
  },
  readGroupHistory: {
    method: 'GET',
    path: '/v1/groups/{group}/history',
    authorization: onGroup('DESCRIBE'),
    tag: 'History',
    summary: 'Read how far behind a consumer group was, over time',
    description: `${kept} A group with members is measured every five minutes, others every hour.`,
    parameters: windowParameters,
    answers: { 200: { description: 'The points.', content: { [json]: { schema: lagHistorySchema } } } },
    errors: [...objectErrors, 'GROUP_ID_NOT_FOUND'],
  },
  readActivity: {
    method: 'GET',
    path: '/v1/activity',
    authorization: anyCredential('topics and groups are listed that it may DESCRIBE'),
    tag: 'History',
    summary: 'Which topics are busiest now, and which consumer groups furthest behind?',
    description: 'Out of at most a thousand of each. No topic or group is woken for it.',
    parameters: [limitParameter(limits.activityEntries)],
    answers: { 200: { description: 'What goes on.', content: { [json]: { schema: activitySchema } } } },
    errors: objectErrors,
  },
} as const satisfies Record<string, Operation>;

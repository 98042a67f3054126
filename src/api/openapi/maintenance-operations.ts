import { deletedRecordsSchema, maintenanceSchema } from '../../contracts/maintenance.ts';
import { onCluster, onTopic } from './authorization.ts';
import type { Operation, OperationParameter } from './operation.ts';
import { json } from './operation-parts.ts';

const cursor: OperationParameter = {
  name: 'cursor',
  in: 'query',
  description: '`next_cursor` of the run before.',
  schema: { type: 'string' },
};

const answers = {
  200: { description: 'What was done, and what is due next.', content: { [json]: { schema: maintenanceSchema } } },
} as const;

export const maintenanceOperations = {
  deleteRecords: {
    method: 'DELETE',
    path: '/v1/topics/{topic}/partitions/{partition}/records',
    authorization: onTopic('DELETE'),
    tag: 'Records',
    summary: 'Delete the oldest records of a partition',
    description:
      "Kafka's DeleteRecords: the log starts at `before` from now on; reading below it answers OFFSET_OUT_OF_RANGE with the valid range, and subscribers get a gap. Edges that have just read tiered records may still show them for two seconds. What was deleted already stays deleted: an offset below the log start changes nothing.",
    parameters: [
      {
        name: 'before',
        in: 'query',
        description: 'The first offset to keep, or `latest` to delete all there are now.',
        required: true,
        schema: {
          oneOf: [
            { type: 'integer', minimum: 0 },
            { type: 'string', enum: ['latest'] },
          ],
        },
        example: 1000,
      },
    ],
    answers: {
      200: { description: 'Where the log starts now.', content: { [json]: { schema: deletedRecordsSchema } } },
    },
    errors: [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'INVALID_REQUEST',
      'OFFSET_OUT_OF_RANGE',
      'POLICY_VIOLATION',
      'UNKNOWN_OUTCOME',
    ],
  },
  maintainTopic: {
    method: 'POST',
    path: '/v1/topics/{topic}/maintenance',
    authorization: onTopic('ALTER'),
    tag: 'Maintenance',
    summary: 'Run what is due in the partitions of a topic',
    description:
      'Retention, compaction, moving segments to the object store and everything else that the partitions would do by themselves when it is due. Nothing is done before its time; an answer comes after some seconds even when there is more to do, which the partitions then go on with.',
    parameters: [cursor],
    answers,
    errors: ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION', 'INVALID_REQUEST'],
  },
  maintainAll: {
    method: 'POST',
    path: '/v1/maintenance',
    authorization: onCluster('ALTER'),
    tag: 'Maintenance',
    summary: 'Run what is due in the partitions of all topics',
    description: 'As for one topic; up to 100 partitions a call.',
    parameters: [cursor],
    answers,
    errors: ['INVALID_REQUEST'],
  },
} as const satisfies Record<string, Operation>;

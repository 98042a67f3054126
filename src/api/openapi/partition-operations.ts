import { partitionRecoverySchema, recoverPartitionSchema } from '../../contracts/partitions.ts';
import { onTopic } from './authorization.ts';
import type { Operation } from './operation.ts';
import { json } from './operation-parts.ts';

export const partitionOperations = {
  recoverPartition: {
    method: 'POST',
    path: '/v1/topics/{topic}/partitions/{partition}/recover',
    authorization: onTopic('ALTER'),
    tag: 'Topics',
    summary: 'Accept that a partition lost records',
    description:
      'A partition whose log is not the one that was acknowledged answers LOG_TRUNCATED to everything, until its data is restored or this is called. It may be called again.',
    requestBody: { [json]: { schema: recoverPartitionSchema, example: { policy: 'truncate' } } },
    answers: {
      200: {
        description: 'The partition is served, from what is left.',
        content: { [json]: { schema: partitionRecoverySchema } },
      },
    },
    errors: [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'INVALID_REQUEST',
      'MALFORMED_JSON',
      'MALFORMED_UTF8',
      'UNSUPPORTED_MEDIA_TYPE',
      'BODY_TOO_LARGE',
      'LOG_UNVERIFIED',
      'OVERLOADED',
      'UNKNOWN_OUTCOME',
    ],
  },
} as const satisfies Record<string, Operation>;

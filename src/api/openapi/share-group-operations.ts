import {
  shareAcknowledgedSchema,
  shareAcknowledgeSchema,
  shareAcquiredSchema,
  shareAcquireSchema,
  shareGroupAlterSchema,
  shareGroupCreateSchema,
  shareGroupDescriptionSchema,
  shareGroupListSchema,
  shareGroupSchema,
  shareLeaveSchema,
  shareResetAnswerSchema,
  shareResetSchema,
} from '../../contracts/share-groups.ts';
import type { ErrorCode } from '../../errors/error-codes.ts';
import { anyCredential, onGroup } from './authorization.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, groupListParameters, json } from './operation-parts.ts';

const tag = 'Share groups';

const objectErrors = ['OVERLOADED', 'UNKNOWN_OUTCOME', 'KAFKA_STORAGE_ERROR'] as const satisfies readonly ErrorCode[];

const foundingErrors = [
  'INVALID_GROUP_ID',
  'INCONSISTENT_GROUP_PROTOCOL',
  'LIMIT_REACHED',
] as const satisfies readonly ErrorCode[];

const topicErrors = ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'] as const satisfies readonly ErrorCode[];

export const shareGroupOperations = {
  acquireShared: {
    method: 'POST',
    path: '/v1/share-groups/{group}/acquire',
    authorization: onGroup('READ', 'READ of the topics'),
    tag,
    summary: 'Acquire records: each is locked for this caller alone',
    description:
      'The oldest available records of any partition. A group that does not exist is founded with the defaults, and so begins at the end of its topics. What is not acknowledged before its lock runs out is delivered again.',
    requestBody: { [json]: { schema: shareAcquireSchema, example: { topics: ['flights'], wait_ms: 10_000 } } },
    answers: { 200: { description: 'Locked records.', content: { [json]: { schema: shareAcquiredSchema } } } },
    errors: [
      ...bodyErrors,
      ...objectErrors,
      ...foundingErrors,
      ...topicErrors,
      'GROUP_MAX_SIZE_REACHED',
      'GROUP_ID_NOT_FOUND',
      'CORRUPT_MESSAGE',
    ],
  },
  acknowledgeShared: {
    method: 'POST',
    path: '/v1/share-groups/{group}/acknowledge',
    authorization: onGroup('READ', 'READ of the topics'),
    tag,
    summary: 'Accept, release, reject or renew acquired records',
    description:
      'Each entry has a result of its own. `INVALID_RECORD_STATE` means that the lock ran out or the record was decided before; then nothing was done for that entry.',
    requestBody: {
      [json]: {
        schema: shareAcknowledgeSchema,
        example: {
          acknowledgements: [
            { topic: 'flights', partition: 0, from: 0, to: 9, lock_id: 'as-it-came', type: 'accept' },
            { topic: 'flights', partition: 0, from: 10, lock_id: 'as-it-came', type: 'release', delay_ms: 5_000 },
          ],
        },
      },
    },
    answers: { 200: { description: 'What became of each.', content: { [json]: { schema: shareAcknowledgedSchema } } } },
    errors: [...bodyErrors, ...objectErrors, 'GROUP_ID_NOT_FOUND'],
  },
  leaveShareGroup: {
    method: 'POST',
    path: '/v1/share-groups/{group}/leave',
    authorization: onGroup('READ'),
    tag,
    summary: 'Leave the group',
    description: 'What the member still has locked stays so until it is acknowledged or its lock runs out.',
    requestBody: { [json]: { schema: shareLeaveSchema } },
    answers: { 204: { description: 'The member has left.' } },
    errors: [...bodyErrors, ...objectErrors, 'GROUP_ID_NOT_FOUND'],
  },
  listShareGroups: {
    method: 'GET',
    path: '/v1/share-groups',
    authorization: anyCredential('groups are listed that it may DESCRIBE'),
    tag,
    summary: 'List share groups in the order of their ids',
    parameters: groupListParameters,
    answers: {
      200: {
        description: 'One page; `next_cursor` is null on the last.',
        content: { [json]: { schema: shareGroupListSchema } },
      },
    },
    errors: ['INVALID_REQUEST', ...objectErrors],
  },
  createShareGroup: {
    method: 'POST',
    path: '/v1/share-groups',
    authorization: anyCredential(
      'ALTER_CONFIGS of the group is needed, and WRITE of a dead letter topic',
      'GROUP',
      'TOPIC',
    ),
    tag,
    summary: 'Create a share group',
    description: 'One that exists is answered as it is, whatever was asked for; PATCH changes it.',
    requestBody: {
      [json]: {
        schema: shareGroupCreateSchema,
        example: { group: 'billing', start: 'earliest', dead_letter_topic: 'billing-dead-letters' },
      },
    },
    answers: {
      200: { description: 'It existed.', content: { [json]: { schema: shareGroupSchema } } },
      201: { description: 'It was created.', content: { [json]: { schema: shareGroupSchema } } },
    },
    errors: [...bodyErrors, ...objectErrors, ...foundingErrors, ...topicErrors, 'INVALID_CONFIG', 'GROUP_ID_NOT_FOUND'],
  },
  describeShareGroup: {
    method: 'GET',
    path: '/v1/share-groups/{group}',
    authorization: onGroup('DESCRIBE', 'topics are shown that it may DESCRIBE'),
    tag,
    summary: 'Describe a share group: config, members, and how each partition stands',
    answers: { 200: { description: 'The group.', content: { [json]: { schema: shareGroupDescriptionSchema } } } },
    errors: ['GROUP_ID_NOT_FOUND', 'INVALID_REQUEST', ...objectErrors],
  },
  alterShareGroup: {
    method: 'PATCH',
    path: '/v1/share-groups/{group}',
    authorization: onGroup('ALTER_CONFIGS', 'WRITE of a dead letter topic'),
    tag,
    summary: 'Change the config of a share group',
    description:
      'What is not named stays. Locks that are held keep their end; partitions learn of it with their next call.',
    requestBody: { [json]: { schema: shareGroupAlterSchema, example: { delivery_limit: 3 } } },
    answers: { 200: { description: 'The group as it is now.', content: { [json]: { schema: shareGroupSchema } } } },
    errors: [...bodyErrors, ...objectErrors, ...topicErrors, 'INVALID_CONFIG', 'GROUP_ID_NOT_FOUND'],
  },
  resetShareGroup: {
    method: 'POST',
    path: '/v1/share-groups/{group}/reset',
    authorization: onGroup('READ', 'READ of the topics'),
    tag,
    summary: 'Begin anew somewhere else, while the group has no members',
    description:
      'Locks are taken away. Partitions whose dead letters are not written yet refuse with INVALID_RECORD_STATE.',
    requestBody: { [json]: { schema: shareResetSchema, example: { to: 'earliest' } } },
    answers: { 200: { description: 'Where it begins.', content: { [json]: { schema: shareResetAnswerSchema } } } },
    errors: [
      ...bodyErrors,
      ...objectErrors,
      ...topicErrors,
      'GROUP_ID_NOT_FOUND',
      'NON_EMPTY_GROUP',
      'INVALID_RECORD_STATE',
    ],
  },
  deleteShareGroup: {
    method: 'DELETE',
    path: '/v1/share-groups/{group}',
    authorization: onGroup('DELETE'),
    tag,
    summary: 'Delete a share group without members',
    answers: { 204: { description: 'The group is gone; its records stay in their topics.' } },
    errors: ['GROUP_ID_NOT_FOUND', 'NON_EMPTY_GROUP', 'INVALID_REQUEST', ...objectErrors],
  },
} as const satisfies Record<string, Operation>;

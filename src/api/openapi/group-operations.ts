import {
  groupCommitSchema,
  groupCommittedSchema,
  groupConsumedSchema,
  groupConsumeSchema,
  groupDescriptionSchema,
  groupHeartbeatSchema,
  groupLeaveSchema,
  groupListSchema,
  groupMembershipSchema,
  groupResetListSchema,
  offsetPlanSchema,
  offsetResetSchema,
  offsetsDeletedSchema,
  resetUndoSchema,
  undoPlanSchema,
} from '../../contracts/groups.ts';
import type { ErrorCode } from '../../errors/error-codes.ts';
import { anyCredential, onGroup } from './authorization.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, groupListParameters, json } from './operation-parts.ts';

const objectErrors = ['OVERLOADED', 'UNKNOWN_OUTCOME'] as const satisfies readonly ErrorCode[];

const memberErrors = [
  'GROUP_ID_NOT_FOUND',
  'UNKNOWN_MEMBER_ID',
  'FENCED_MEMBER_EPOCH',
  'FENCED_INSTANCE_ID',
] as const satisfies readonly ErrorCode[];

const foundingErrors = [
  'INVALID_GROUP_ID',
  'INCONSISTENT_GROUP_PROTOCOL',
  'LIMIT_REACHED',
] as const satisfies readonly ErrorCode[];

const topicErrors = ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'] as const satisfies readonly ErrorCode[];

/** A commit that was refused whole is answered with the reason of its first offset. */
const commitErrors = ['OFFSET_OUT_OF_RANGE', 'OFFSET_METADATA_TOO_LARGE'] as const satisfies readonly ErrorCode[];

export const groupOperations = {
  groupConsume: {
    method: 'POST',
    path: '/v1/groups/{group}/consume',
    authorization: onGroup('READ', 'READ of the topics'),
    tag: 'Consumer groups',
    summary: 'Join, commit, read and stay alive in one call',
    description:
      'Send the `member_id`, `member_epoch` and, once its records are dealt with, the `positions` of the last answer as `commit`. A call whose answer was lost is repeated as it was. Every call may go to another server.',
    requestBody: { [json]: { schema: groupConsumeSchema, example: { topics: ['flights'], wait_ms: 10_000 } } },
    answers: {
      200: {
        description: 'What the member reads now, and records.',
        content: { [json]: { schema: groupConsumedSchema } },
      },
    },
    errors: [
      ...bodyErrors,
      ...objectErrors,
      ...memberErrors,
      ...foundingErrors,
      ...topicErrors,
      'OFFSET_OUT_OF_RANGE',
      'UNRELEASED_INSTANCE_ID',
      'GROUP_MAX_SIZE_REACHED',
      'INVALID_SESSION_TIMEOUT',
      'UNSUPPORTED_ASSIGNOR',
      'INVALID_REGULAR_EXPRESSION',
      'KAFKA_STORAGE_ERROR',
    ],
  },
  groupHeartbeat: {
    method: 'POST',
    path: '/v1/groups/{group}/heartbeat',
    authorization: onGroup('READ', 'READ of the topics it commits'),
    tag: 'Consumer groups',
    summary: 'Stay alive, and commit, without reading',
    description: 'For a member that is busy with its records for longer than its session.',
    requestBody: { [json]: { schema: groupHeartbeatSchema } },
    answers: {
      200: { description: 'What the member reads now.', content: { [json]: { schema: groupMembershipSchema } } },
    },
    errors: [...bodyErrors, ...objectErrors, ...memberErrors],
  },
  groupLeave: {
    method: 'POST',
    path: '/v1/groups/{group}/leave',
    authorization: onGroup('READ', 'READ of the topics it commits'),
    tag: 'Consumer groups',
    summary: 'Leave the group, with a last commit',
    requestBody: { [json]: { schema: groupLeaveSchema } },
    answers: { 200: { description: 'The member has left.', content: { [json]: { schema: groupCommittedSchema } } } },
    errors: [...bodyErrors, ...objectErrors, ...memberErrors],
  },
  groupCommit: {
    method: 'POST',
    path: '/v1/groups/{group}/offsets',
    authorization: onGroup('READ', 'READ of the topics'),
    tag: 'Consumer groups',
    summary: 'Commit offsets',
    description:
      'As a member, for partitions that are its own; or without a member id, while the group has no members. When nothing can be committed, the reason of the first offset is the answer.',
    requestBody: { [json]: { schema: groupCommitSchema, example: { offsets: { flights: { '0': 1200 } } } } },
    answers: {
      200: {
        description: 'What was committed, but for `refused`.',
        content: { [json]: { schema: groupCommittedSchema } },
      },
    },
    errors: [
      ...bodyErrors,
      ...objectErrors,
      ...memberErrors,
      ...foundingErrors,
      ...topicErrors,
      ...commitErrors,
      'NON_EMPTY_GROUP',
    ],
  },
  listGroups: {
    method: 'GET',
    path: '/v1/groups',
    authorization: anyCredential('groups are listed that it may DESCRIBE'),
    tag: 'Consumer groups',
    summary: 'List consumer groups in the order of their ids',
    description: 'State and members are what each group said last, about a second ago or when it last changed.',
    parameters: groupListParameters,
    answers: {
      200: {
        description: 'One page; `next_cursor` is null on the last.',
        content: { [json]: { schema: groupListSchema } },
      },
    },
    errors: ['INVALID_REQUEST', ...objectErrors],
  },
  describeGroup: {
    method: 'GET',
    path: '/v1/groups/{group}',
    authorization: onGroup('DESCRIBE', 'topics are shown that it may DESCRIBE'),
    tag: 'Consumer groups',
    summary: 'Describe a group: members, assignments, offsets, and lag in records and in time',
    answers: { 200: { description: 'The group.', content: { [json]: { schema: groupDescriptionSchema } } } },
    errors: ['GROUP_ID_NOT_FOUND', 'INVALID_REQUEST', 'OFFSET_OUT_OF_RANGE', 'KAFKA_STORAGE_ERROR', ...objectErrors],
  },
  deleteGroup: {
    method: 'DELETE',
    path: '/v1/groups/{group}',
    authorization: onGroup('DELETE'),
    tag: 'Consumer groups',
    summary: 'Delete a group without members, and its offsets',
    answers: { 204: { description: 'The group is gone.' } },
    errors: ['GROUP_ID_NOT_FOUND', 'NON_EMPTY_GROUP', 'INVALID_REQUEST', ...objectErrors],
  },
  resetGroupOffsets: {
    method: 'POST',
    path: '/v1/groups/{group}/offsets/reset',
    authorization: onGroup('READ', 'READ of the topics'),
    tag: 'Consumer groups',
    summary: 'Move the offsets of a group without members',
    requestBody: {
      [json]: {
        schema: offsetResetSchema,
        example: { topics: ['flights'], to: { timestamp: 1_790_000_000_000 }, dry_run: true },
      },
    },
    answers: { 200: { description: 'What was done, or would be.', content: { [json]: { schema: offsetPlanSchema } } } },
    errors: [
      ...bodyErrors,
      ...objectErrors,
      ...foundingErrors,
      ...topicErrors,
      'GROUP_ID_NOT_FOUND',
      'NON_EMPTY_GROUP',
      'OFFSET_OUT_OF_RANGE',
      'KAFKA_STORAGE_ERROR',
    ],
  },
  listGroupResets: {
    method: 'GET',
    path: '/v1/groups/{group}/resets',
    authorization: onGroup('DESCRIBE', 'topics are shown that it may DESCRIBE'),
    tag: 'Consumer groups',
    summary: 'List the resets that can be put back, the newest first',
    answers: { 200: { description: 'The resets.', content: { [json]: { schema: groupResetListSchema } } } },
    errors: ['GROUP_ID_NOT_FOUND', 'INVALID_REQUEST', ...objectErrors],
  },
  undoGroupReset: {
    method: 'POST',
    path: '/v1/groups/{group}/offsets/undo',
    authorization: onGroup('READ', 'READ of the topics'),
    tag: 'Consumer groups',
    summary: 'Put offsets back where they were before a reset',
    description:
      'Only what that reset changed, and nowhere but in the log: what retention has taken since is passed over. Putting back is itself a reset that can be put back.',
    requestBody: { [json]: { schema: resetUndoSchema, example: { dry_run: true } } },
    answers: { 200: { description: 'What was done, or would be.', content: { [json]: { schema: undoPlanSchema } } } },
    errors: [
      ...bodyErrors,
      ...objectErrors,
      ...topicErrors,
      'GROUP_ID_NOT_FOUND',
      'UNKNOWN_RESOURCE',
      'NON_EMPTY_GROUP',
      'KAFKA_STORAGE_ERROR',
    ],
  },
  deleteGroupOffsets: {
    method: 'DELETE',
    path: '/v1/groups/{group}/offsets',
    authorization: onGroup('DELETE', 'READ of the topic'),
    tag: 'Consumer groups',
    summary: 'Forget the offsets of a topic that no member reads',
    parameters: [
      { name: 'topic', in: 'query', description: 'Whose offsets.', required: true, schema: { type: 'string' } },
      {
        name: 'partition',
        in: 'query',
        description: 'Only of this partition.',
        schema: { type: 'integer', minimum: 0 },
      },
    ],
    answers: {
      200: { description: 'How many were forgotten.', content: { [json]: { schema: offsetsDeletedSchema } } },
    },
    errors: ['GROUP_ID_NOT_FOUND', 'GROUP_SUBSCRIBED_TO_TOPIC', 'INVALID_REQUEST', ...objectErrors],
  },
} as const satisfies Record<string, Operation>;

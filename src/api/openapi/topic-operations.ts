import {
  alterTopicSchema,
  createTopicSchema,
  producerSchema,
  topicListSchema,
  topicSchema,
} from '../../contracts/topics.ts';
import { limits } from '../../limits.ts';
import { anyCredential, onCluster, onTopic } from './authorization.ts';
import type { Operation } from './operation.ts';
import { cursorParameter, json, limitParameter } from './operation-parts.ts';

const topicExample = { name: 'orders', partitions: 6, config: { 'retention.ms': '86400000' } };

export const topicOperations = {
  createTopic: {
    method: 'POST',
    path: '/v1/topics',
    authorization: anyCredential('CREATE of the topic is needed', 'TOPIC'),
    tag: 'Topics',
    summary: 'Create a topic',
    description: "Config keys and their meaning are Kafka's; a key that is not known is refused by name.",
    requestBody: { [json]: { schema: createTopicSchema, example: topicExample } },
    answers: {
      201: {
        description: 'The topic, with every config key in force.',
        content: { [json]: { schema: topicSchema } },
        headers: { location: 'The path of the topic.' },
      },
    },
    errors: [
      'INVALID_TOPIC_EXCEPTION',
      'TOPIC_ALREADY_EXISTS',
      'INVALID_PARTITIONS',
      'INVALID_CONFIG',
      'INVALID_REQUEST',
      'POLICY_VIOLATION',
      'LIMIT_REACHED',
      'MALFORMED_JSON',
      'MALFORMED_UTF8',
      'UNSUPPORTED_MEDIA_TYPE',
      'BODY_TOO_LARGE',
    ],
  },
  listTopics: {
    method: 'GET',
    path: '/v1/topics',
    authorization: anyCredential('topics are listed that it may DESCRIBE'),
    tag: 'Topics',
    summary: 'List topics in name order',
    parameters: [
      {
        name: 'prefix',
        in: 'query',
        description: 'Only topics whose name begins with it.',
        schema: { type: 'string', default: '' },
      },
      limitParameter(limits.topicsPerPage),
      cursorParameter,
    ],
    answers: {
      200: {
        description: 'One page; `next_cursor` is null on the last.',
        content: { [json]: { schema: topicListSchema } },
      },
    },
    errors: ['INVALID_REQUEST'],
  },
  describeTopic: {
    method: 'GET',
    path: '/v1/topics/{topic}',
    authorization: onTopic('DESCRIBE'),
    tag: 'Topics',
    summary: 'Describe a topic',
    answers: { 200: { description: 'The topic.', content: { [json]: { schema: topicSchema } } } },
    errors: ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION', 'INVALID_REQUEST'],
  },
  alterTopic: {
    method: 'PATCH',
    path: '/v1/topics/{topic}',
    authorization: anyCredential('partitions need ALTER of the topic, a config ALTER_CONFIGS', 'TOPIC'),
    tag: 'Topics',
    summary: 'Add partitions to a topic, or change its config',
    description:
      'Partitions may only grow; keyed records written from then on may go to another partition than before. A config key set to null returns to its default.',
    requestBody: {
      [json]: { schema: alterTopicSchema, example: { partitions: 12, config: { 'retention.ms': null } } },
    },
    answers: { 200: { description: 'The topic as it is now.', content: { [json]: { schema: topicSchema } } } },
    errors: [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'INVALID_PARTITIONS',
      'INVALID_CONFIG',
      'INVALID_REQUEST',
      'POLICY_VIOLATION',
      'MALFORMED_JSON',
      'MALFORMED_UTF8',
      'UNSUPPORTED_MEDIA_TYPE',
      'BODY_TOO_LARGE',
    ],
  },
  deleteTopic: {
    method: 'DELETE',
    path: '/v1/topics/{topic}',
    authorization: onTopic('DELETE'),
    tag: 'Topics',
    summary: 'Delete a topic and all its records, for good',
    answers: { 204: { description: 'The topic is gone; a new one of the same name starts empty.' } },
    errors: ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION', 'INVALID_REQUEST', 'POLICY_VIOLATION'],
  },
  createProducer: {
    method: 'POST',
    path: '/v1/producers',
    authorization: onCluster('IDEMPOTENT_WRITE'),
    tag: 'Producers',
    summary: 'Get a producer id',
    description:
      'Record batches that carry the id, its epoch and a sequence are stored once however often they are sent (the last five batches of a producer are remembered).',
    answers: {
      201: {
        description: 'An id that nobody else has.',
        content: { [json]: { schema: producerSchema, example: { producer_id: 1000, producer_epoch: 0 } } },
      },
    },
    errors: ['INVALID_REQUEST', 'LIMIT_REACHED'],
  },
} as const satisfies Record<string, Operation>;

import { topicTimelineSchema } from '../../contracts/partitions.ts';
import { searchAnswerSchema } from '../../contracts/records.ts';
import { limits } from '../../limits.ts';
import { onTopic } from './authorization.ts';
import type { Operation } from './operation.ts';
import { json, startSchema } from './operation-parts.ts';
import { isolationParameter, partitionParameter, renderingParameter } from './record-operations.ts';

export const searchOperations = {
  searchRecords: {
    method: 'GET',
    path: '/v1/topics/{topic}/search',
    authorization: onTopic('READ'),
    tag: 'Records',
    summary: 'Search a topic for records that a filter means',
    description:
      'Partition after partition, each forwards. A request tries a bounded number of records (`scanned`) and answers those that are meant; ask again with its `cursor`, and everything else as before, to go on. docs/filter.md has the language.',
    parameters: [
      {
        name: 'where',
        in: 'query',
        required: true,
        description: 'The filter.',
        schema: { type: 'string', minLength: 1, maxLength: limits.filterCharacters.value },
        example: 'value.total > 100 && header["x-tenant"] == "a"',
      },
      partitionParameter,
      {
        name: 'every_partition',
        in: 'query',
        description:
          "A filter that needs `key` to equal a text looks only into the partition that producers' default partitioner (murmur2) gives the key to. With `true` it looks into all of them: for keys that were pinned to partitions, or came before the topic had as many.",
        schema: { type: 'boolean', default: false },
      },
      {
        name: 'offset',
        in: 'query',
        description: 'Where each partition begins; a number goes with `partition`.',
        schema: startSchema,
      },
      {
        name: 'timestamp',
        in: 'query',
        description:
          'Instead: each partition begins at its first record of this time (milliseconds since 1970) or later.',
        schema: { type: 'integer', minimum: 0 },
      },
      {
        name: 'cursor',
        in: 'query',
        description: 'The `cursor` of the answer before.',
        schema: { type: 'string' },
      },
      {
        name: 'max_records',
        in: 'query',
        description: 'At most this many are found by one request.',
        schema: {
          type: 'integer',
          minimum: 1,
          maximum: limits.searchRecords.max,
          default: limits.searchRecords.value,
        },
      },
      renderingParameter,
      isolationParameter,
    ],
    answers: {
      200: { description: 'What was found, and how far.', content: { [json]: { schema: searchAnswerSchema } } },
    },
    errors: [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'OFFSET_OUT_OF_RANGE',
      'INVALID_REQUEST',
      'OVERLOADED',
      'LOG_UNVERIFIED',
      'LOG_TRUNCATED',
      'KAFKA_STORAGE_ERROR',
    ],
  },
  topicTimeline: {
    method: 'GET',
    path: '/v1/topics/{topic}/timeline',
    authorization: onTopic('DESCRIBE'),
    tag: 'Records',
    summary: "How the time of a topic's records grows along its logs",
    description:
      'Points of offset and time, from which a histogram over time is drawn. They come out of the indexes that find records by time, so they are as exact as those, and cost the same however long the log is.',
    parameters: [partitionParameter],
    answers: { 200: { description: 'The points.', content: { [json]: { schema: topicTimelineSchema } } } },
    errors: [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'INVALID_REQUEST',
      'OVERLOADED',
      'LOG_UNVERIFIED',
      'LOG_TRUNCATED',
      'KAFKA_STORAGE_ERROR',
    ],
  },
} as const satisfies Record<string, Operation>;

import { message } from '../wire/message-codec.ts';
import { bool, int16, int32, int32s, int64, string, structs, throttleTimeMs, uuid } from '../wire/schema.ts';

/** Kafka's OffsetFetchRequest, API key 9. */
export const offsetFetchRequest = message('OffsetFetchRequest', 6, {
  groupId: string('0-7'),
  topics: structs(
    '0-7',
    {
      name: string('0-7'),
      partitionIndexes: int32s('0-7'),
    },
    { nullable: '2-7' },
  ),
  groups: structs('8+', {
    groupId: string('8+'),
    memberId: string('9+', { nullable: '9+', default: null }),
    memberEpoch: int32('9+', { default: -1 }),
    topics: structs(
      '8+',
      {
        name: string('8-9'),
        topicId: uuid('10+'),
        partitionIndexes: int32s('8+'),
      },
      { nullable: '8+' },
    ),
  }),
  requireStable: bool('7+', { default: false }),
});

/** Kafka's OffsetFetchResponse, API key 9. */
export const offsetFetchResponse = message('OffsetFetchResponse', 6, {
  throttleTimeMs: throttleTimeMs('3+'),
  topics: structs('0-7', {
    name: string('0-7'),
    partitions: structs('0-7', {
      partitionIndex: int32('0-7'),
      committedOffset: int64('0-7'),
      committedLeaderEpoch: int32('5-7', { default: -1 }),
      metadata: string('0-7', { nullable: '0-7' }),
      errorCode: int16('0-7'),
    }),
  }),
  errorCode: int16('2-7', { default: 0 }),
  groups: structs('8+', {
    groupId: string('8+'),
    topics: structs('8+', {
      name: string('8-9'),
      topicId: uuid('10+'),
      partitions: structs('8+', {
        partitionIndex: int32('8+'),
        committedOffset: int64('8+'),
        committedLeaderEpoch: int32('8+', { default: -1 }),
        metadata: string('8+', { nullable: '8+' }),
        errorCode: int16('8+'),
      }),
    }),
    errorCode: int16('8+', { default: 0 }),
  }),
});

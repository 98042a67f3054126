import { message } from '../wire/message-codec.ts';
import { int16, int32, int64, string, structs, throttleTimeMs, uuid } from '../wire/schema.ts';

/** Kafka's OffsetCommitRequest, API key 8. */
export const offsetCommitRequest = message('OffsetCommitRequest', 8, {
  groupId: string('0+'),
  generationIdOrMemberEpoch: int32('1+', { default: -1 }),
  memberId: string('1+'),
  groupInstanceId: string('7+', { nullable: '7+', default: null }),
  retentionTimeMs: int64('2-4', { default: -1 }),
  topics: structs('0+', {
    name: string('0-9'),
    topicId: uuid('10+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      committedOffset: int64('0+'),
      committedLeaderEpoch: int32('6+', { default: -1 }),
      commitTimestamp: int64('1', { default: -1 }),
      committedMetadata: string('0+', { nullable: '0+' }),
    }),
  }),
});

/** Kafka's OffsetCommitResponse, API key 8. */
export const offsetCommitResponse = message('OffsetCommitResponse', 8, {
  throttleTimeMs: throttleTimeMs('3+'),
  topics: structs('0+', {
    name: string('0-9'),
    topicId: uuid('10+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
    }),
  }),
});

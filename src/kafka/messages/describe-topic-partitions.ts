import { message } from '../wire/message-codec.ts';
import { bool, int16, int32, int32s, string, struct, structs, throttleTimeMs, uuid } from '../wire/schema.ts';

/** Kafka's DescribeTopicPartitionsRequest, API key 75. */
export const describeTopicPartitionsRequest = message('DescribeTopicPartitionsRequest', 0, {
  topics: structs('0+', {
    name: string('0+'),
  }),
  responsePartitionLimit: int32('0+', { default: 2000 }),
  cursor: struct(
    '0+',
    {
      topicName: string('0+'),
      partitionIndex: int32('0+'),
    },
    { nullable: '0+', default: null },
  ),
});

/** Kafka's DescribeTopicPartitionsResponse, API key 75. */
export const describeTopicPartitionsResponse = message('DescribeTopicPartitionsResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  topics: structs('0+', {
    errorCode: int16('0+'),
    name: string('0+', { nullable: '0+' }),
    topicId: uuid('0+'),
    isInternal: bool('0+', { default: false }),
    partitions: structs('0+', {
      errorCode: int16('0+'),
      partitionIndex: int32('0+'),
      leaderId: int32('0+'),
      leaderEpoch: int32('0+', { default: -1 }),
      replicaNodes: int32s('0+'),
      isrNodes: int32s('0+'),
      eligibleLeaderReplicas: int32s('0+', { nullable: '0+', default: null }),
      lastKnownElr: int32s('0+', { nullable: '0+', default: null }),
      offlineReplicas: int32s('0+'),
    }),
    topicAuthorizedOperations: int32('0+', { default: -2147483648 }),
  }),
  nextCursor: struct(
    '0+',
    {
      topicName: string('0+'),
      partitionIndex: int32('0+'),
    },
    { nullable: '0+', default: null },
  ),
});

import { message } from '../wire/message-codec.ts';
import { int16, int32, int32s, string, strings, struct, structs, throttleTimeMs, uuid } from '../wire/schema.ts';

/** Kafka's ConsumerGroupHeartbeatRequest, API key 68 (KIP-848). */
export const consumerGroupHeartbeatRequest = message('ConsumerGroupHeartbeatRequest', 0, {
  groupId: string('0+'),
  memberId: string('0+'),
  memberEpoch: int32('0+'),
  instanceId: string('0+', { nullable: '0+', default: null }),
  rackId: string('0+', { nullable: '0+', default: null }),
  rebalanceTimeoutMs: int32('0+', { default: -1 }),
  subscribedTopicNames: strings('0+', { nullable: '0+', default: null }),
  subscribedTopicRegex: string('1+', { nullable: '1+', default: null }),
  serverAssignor: string('0+', { nullable: '0+', default: null }),
  topicPartitions: structs(
    '0+',
    {
      topicId: uuid('0+'),
      partitions: int32s('0+'),
    },
    { nullable: '0+', default: null },
  ),
});

/** Kafka's ConsumerGroupHeartbeatResponse, API key 68. */
export const consumerGroupHeartbeatResponse = message('ConsumerGroupHeartbeatResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  errorMessage: string('0+', { nullable: '0+', default: null }),
  memberId: string('0+', { nullable: '0+', default: null }),
  memberEpoch: int32('0+'),
  heartbeatIntervalMs: int32('0+'),
  assignment: struct(
    '0+',
    {
      topicPartitions: structs('0+', {
        topicId: uuid('0+'),
        partitions: int32s('0+'),
      }),
    },
    { nullable: '0+', default: null },
  ),
});

import { message } from '../wire/message-codec.ts';
import { int16, int32, int32s, string, strings, struct, structs, throttleTimeMs, uuid } from '../wire/schema.ts';

/** Kafka's ShareGroupHeartbeatRequest, API key 76 (KIP-932). */
export const shareGroupHeartbeatRequest = message('ShareGroupHeartbeatRequest', 0, {
  groupId: string('0+'),
  memberId: string('0+'),
  memberEpoch: int32('0+'),
  rackId: string('0+', { nullable: '0+', default: null }),
  subscribedTopicNames: strings('0+', { nullable: '0+', default: null }),
});

/** Kafka's ShareGroupHeartbeatResponse, API key 76. */
export const shareGroupHeartbeatResponse = message('ShareGroupHeartbeatResponse', 0, {
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

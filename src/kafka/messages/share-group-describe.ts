import { message } from '../wire/message-codec.ts';
import { bool, int16, int32, int32s, string, strings, struct, structs, throttleTimeMs, uuid } from '../wire/schema.ts';

/** Kafka's ShareGroupDescribeRequest, API key 77 (KIP-932). */
export const shareGroupDescribeRequest = message('ShareGroupDescribeRequest', 0, {
  groupIds: strings('0+'),
  includeAuthorizedOperations: bool('0+'),
});

/** Kafka's ShareGroupDescribeResponse, API key 77. */
export const shareGroupDescribeResponse = message('ShareGroupDescribeResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  groups: structs('0+', {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    groupId: string('0+'),
    groupState: string('0+'),
    groupEpoch: int32('0+'),
    assignmentEpoch: int32('0+'),
    assignorName: string('0+'),
    members: structs('0+', {
      memberId: string('0+'),
      rackId: string('0+', { nullable: '0+', default: null }),
      memberEpoch: int32('0+'),
      clientId: string('0+'),
      clientHost: string('0+'),
      subscribedTopicNames: strings('0+'),
      assignment: struct('0+', {
        topicPartitions: structs('0+', {
          topicId: uuid('0+'),
          topicName: string('0+'),
          partitions: int32s('0+'),
        }),
      }),
    }),
    authorizedOperations: int32('0+', { default: -2147483648 }),
  }),
});

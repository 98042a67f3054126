import { message } from '../wire/message-codec.ts';
import { bool, int8s, int16, int32, int64, string, struct, structs, throttleTimeMs, uuid } from '../wire/schema.ts';

/** Kafka's ShareAcknowledgeRequest, API key 79 (KIP-932). */
export const shareAcknowledgeRequest = message('ShareAcknowledgeRequest', 0, {
  groupId: string('0+', { nullable: '0+', default: null }),
  memberId: string('0+', { nullable: '0+' }),
  shareSessionEpoch: int32('0+'),
  isRenewAck: bool('2+', { default: false }),
  topics: structs('0+', {
    topicId: uuid('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      acknowledgementBatches: structs('0+', {
        firstOffset: int64('0+'),
        lastOffset: int64('0+'),
        acknowledgeTypes: int8s('0+'),
      }),
    }),
  }),
});

/** Kafka's ShareAcknowledgeResponse, API key 79. */
export const shareAcknowledgeResponse = message('ShareAcknowledgeResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  errorMessage: string('0+', { nullable: '0+', default: null }),
  acquisitionLockTimeoutMs: int32('2+', { default: 0 }),
  responses: structs('0+', {
    topicId: uuid('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+', default: null }),
      currentLeader: struct('0+', {
        leaderId: int32('0+'),
        leaderEpoch: int32('0+'),
      }),
    }),
  }),
  nodeEndpoints: structs('0+', {
    nodeId: int32('0+'),
    host: string('0+'),
    port: int32('0+'),
    rack: string('0+', { nullable: '0+', default: null }),
  }),
});

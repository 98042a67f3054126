import { message } from '../wire/message-codec.ts';
import {
  bool,
  bytes,
  int8,
  int8s,
  int16,
  int32,
  int32s,
  int64,
  string,
  struct,
  structs,
  throttleTimeMs,
  uuid,
} from '../wire/schema.ts';

/** Kafka's ShareFetchRequest, API key 78 (KIP-932). */
export const shareFetchRequest = message('ShareFetchRequest', 0, {
  groupId: string('0+', { nullable: '0+', default: null }),
  memberId: string('0+', { nullable: '0+' }),
  shareSessionEpoch: int32('0+'),
  maxWaitMs: int32('0+'),
  minBytes: int32('0+'),
  maxBytes: int32('0+', { default: 0x7fffffff }),
  maxRecords: int32('1+'),
  batchSize: int32('1+'),
  shareAcquireMode: int8('2+', { default: 0 }),
  isRenewAck: bool('2+', { default: false }),
  topics: structs('0+', {
    topicId: uuid('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      partitionMaxBytes: int32('0', { default: 0 }),
      acknowledgementBatches: structs('0+', {
        firstOffset: int64('0+'),
        lastOffset: int64('0+'),
        acknowledgeTypes: int8s('0+'),
      }),
    }),
  }),
  forgottenTopicsData: structs('0+', {
    topicId: uuid('0+'),
    partitions: int32s('0+'),
  }),
});

/** Kafka's ShareFetchResponse, API key 78. */
export const shareFetchResponse = message('ShareFetchResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  errorMessage: string('0+', { nullable: '0+', default: null }),
  acquisitionLockTimeoutMs: int32('1+'),
  responses: structs('0+', {
    topicId: uuid('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+', default: null }),
      acknowledgeErrorCode: int16('0+'),
      acknowledgeErrorMessage: string('0+', { nullable: '0+', default: null }),
      currentLeader: struct('0+', {
        leaderId: int32('0+'),
        leaderEpoch: int32('0+'),
      }),
      records: bytes('0+', { nullable: '0' }),
      acquiredRecords: structs('0+', {
        firstOffset: int64('0+'),
        lastOffset: int64('0+'),
        deliveryCount: int16('0+'),
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

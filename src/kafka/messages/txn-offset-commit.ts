import { message } from '../wire/message-codec.ts';
import { int16, int32, int64, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's TxnOffsetCommitRequest, API key 28. */
export const txnOffsetCommitRequest = message('TxnOffsetCommitRequest', 3, {
  transactionalId: string('0+'),
  groupId: string('0+'),
  producerId: int64('0+'),
  producerEpoch: int16('0+'),
  generationId: int32('3+', { default: -1 }),
  memberId: string('3+', { default: '' }),
  groupInstanceId: string('3+', { nullable: '3+', default: null }),
  topics: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      committedOffset: int64('0+'),
      committedLeaderEpoch: int32('2+', { default: -1 }),
      committedMetadata: string('0+', { nullable: '0+' }),
    }),
  }),
});

/** Kafka's TxnOffsetCommitResponse, API key 28. */
export const txnOffsetCommitResponse = message('TxnOffsetCommitResponse', 3, {
  throttleTimeMs: throttleTimeMs('0+'),
  topics: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
    }),
  }),
});

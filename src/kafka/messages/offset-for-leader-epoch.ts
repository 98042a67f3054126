import { message } from '../wire/message-codec.ts';
import { int16, int32, int64, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's OffsetForLeaderEpochRequest, API key 23. */
export const offsetForLeaderEpochRequest = message('OffsetForLeaderEpochRequest', 4, {
  replicaId: int32('3+', { default: -2 }),
  topics: structs('0+', {
    topic: string('0+'),
    partitions: structs('0+', {
      partition: int32('0+'),
      currentLeaderEpoch: int32('2+', { default: -1 }),
      leaderEpoch: int32('0+'),
    }),
  }),
});

/** Kafka's OffsetForLeaderEpochResponse, API key 23. */
export const offsetForLeaderEpochResponse = message('OffsetForLeaderEpochResponse', 4, {
  throttleTimeMs: throttleTimeMs('2+'),
  topics: structs('0+', {
    topic: string('0+'),
    partitions: structs('0+', {
      errorCode: int16('0+'),
      partition: int32('0+'),
      leaderEpoch: int32('1+', { default: -1 }),
      endOffset: int64('0+', { default: -1 }),
    }),
  }),
});

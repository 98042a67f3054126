import { message } from '../wire/message-codec.ts';
import { int8, int16, int32, int64, int64s, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's ListOffsetsRequest, API key 2. */
export const listOffsetsRequest = message('ListOffsetsRequest', 6, {
  replicaId: int32('0+'),
  isolationLevel: int8('2+'),
  topics: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      currentLeaderEpoch: int32('4+', { default: -1 }),
      timestamp: int64('0+'),
      maxNumOffsets: int32('0', { default: 1 }),
    }),
  }),
  timeoutMs: int32('10+'),
});

/** Kafka's ListOffsetsResponse, API key 2. */
export const listOffsetsResponse = message('ListOffsetsResponse', 6, {
  throttleTimeMs: throttleTimeMs('2+'),
  topics: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
      oldStyleOffsets: int64s('0'),
      timestamp: int64('1+', { default: -1 }),
      offset: int64('1+', { default: -1 }),
      leaderEpoch: int32('4+', { default: -1 }),
    }),
  }),
});

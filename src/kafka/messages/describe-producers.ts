import { message } from '../wire/message-codec.ts';
import { int16, int32, int32s, int64, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DescribeProducersRequest, API key 61. */
export const describeProducersRequest = message('DescribeProducersRequest', 0, {
  topics: structs('0+', {
    name: string('0+'),
    partitionIndexes: int32s('0+'),
  }),
});

/** Kafka's DescribeProducersResponse, API key 61. */
export const describeProducersResponse = message('DescribeProducersResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  topics: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+', default: null }),
      activeProducers: structs('0+', {
        producerId: int64('0+'),
        producerEpoch: int32('0+'),
        lastSequence: int32('0+', { default: -1 }),
        lastTimestamp: int64('0+', { default: -1 }),
        coordinatorEpoch: int32('0+'),
        currentTxnStartOffset: int64('0+', { default: -1 }),
      }),
    }),
  }),
});

import { message } from '../wire/message-codec.ts';
import { int16, int32, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's OffsetDeleteRequest, API key 47. */
export const offsetDeleteRequest = message('OffsetDeleteRequest', null, {
  groupId: string('0+'),
  topics: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
    }),
  }),
});

/** Kafka's OffsetDeleteResponse, API key 47. */
export const offsetDeleteResponse = message('OffsetDeleteResponse', null, {
  errorCode: int16('0+'),
  throttleTimeMs: throttleTimeMs('0+'),
  topics: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
    }),
  }),
});

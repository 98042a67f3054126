import { message } from '../wire/message-codec.ts';
import { int16, int32, int64, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DeleteRecordsRequest, API key 21. */
export const deleteRecordsRequest = message('DeleteRecordsRequest', 2, {
  topics: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      offset: int64('0+'),
    }),
  }),
  timeoutMs: int32('0+'),
});

/** Kafka's DeleteRecordsResponse, API key 21. */
export const deleteRecordsResponse = message('DeleteRecordsResponse', 2, {
  throttleTimeMs: throttleTimeMs('0+'),
  topics: structs('0+', {
    name: string('0+'),
    partitions: structs('0+', {
      partitionIndex: int32('0+'),
      lowWatermark: int64('0+'),
      errorCode: int16('0+'),
    }),
  }),
});

import { message } from '../wire/message-codec.ts';
import { bool, int8, int16, int32, int32s, int64, string, structs } from '../wire/schema.ts';

/** Kafka's WriteTxnMarkersRequest, API key 27. */
export const writeTxnMarkersRequest = message('WriteTxnMarkersRequest', 1, {
  markers: structs('0+', {
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    transactionResult: bool('0+'),
    topics: structs('0+', {
      name: string('0+'),
      partitionIndexes: int32s('0+'),
    }),
    coordinatorEpoch: int32('0+'),
    transactionVersion: int8('2+', { default: 0 }),
  }),
});

/** Kafka's WriteTxnMarkersResponse, API key 27. */
export const writeTxnMarkersResponse = message('WriteTxnMarkersResponse', 1, {
  markers: structs('0+', {
    producerId: int64('0+'),
    topics: structs('0+', {
      name: string('0+'),
      partitions: structs('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
      }),
    }),
  }),
});

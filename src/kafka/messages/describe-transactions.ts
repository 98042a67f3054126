import { message } from '../wire/message-codec.ts';
import { int16, int32, int32s, int64, string, strings, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DescribeTransactionsRequest, API key 65. */
export const describeTransactionsRequest = message('DescribeTransactionsRequest', 0, {
  transactionalIds: strings('0+'),
});

/** Kafka's DescribeTransactionsResponse, API key 65. */
export const describeTransactionsResponse = message('DescribeTransactionsResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  transactionStates: structs('0+', {
    errorCode: int16('0+'),
    transactionalId: string('0+'),
    transactionState: string('0+'),
    transactionTimeoutMs: int32('0+'),
    transactionStartTimeMs: int64('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    topics: structs('0+', {
      topic: string('0+'),
      partitions: int32s('0+'),
    }),
  }),
});

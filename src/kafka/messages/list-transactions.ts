import { message } from '../wire/message-codec.ts';
import { int16, int64, int64s, string, strings, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's ListTransactionsRequest, API key 66. */
export const listTransactionsRequest = message('ListTransactionsRequest', 0, {
  stateFilters: strings('0+'),
  producerIdFilters: int64s('0+'),
  durationFilter: int64('1+', { default: -1 }),
  transactionalIdPattern: string('2+', { nullable: '2+', default: null }),
});

/** Kafka's ListTransactionsResponse, API key 66. */
export const listTransactionsResponse = message('ListTransactionsResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  unknownStateFilters: strings('0+'),
  transactionStates: structs('0+', {
    transactionalId: string('0+'),
    producerId: int64('0+'),
    transactionState: string('0+'),
  }),
});

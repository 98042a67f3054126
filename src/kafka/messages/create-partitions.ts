import { message } from '../wire/message-codec.ts';
import { bool, int16, int32, int32s, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's CreatePartitionsRequest, API key 37. */
export const createPartitionsRequest = message('CreatePartitionsRequest', 2, {
  topics: structs('0+', {
    name: string('0+'),
    count: int32('0+'),
    assignments: structs(
      '0+',
      {
        brokerIds: int32s('0+'),
      },
      { nullable: '0+' },
    ),
  }),
  timeoutMs: int32('0+'),
  validateOnly: bool('0+'),
});

/** Kafka's CreatePartitionsResponse, API key 37. */
export const createPartitionsResponse = message('CreatePartitionsResponse', 2, {
  throttleTimeMs: throttleTimeMs('0+'),
  results: structs('0+', {
    name: string('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
  }),
});

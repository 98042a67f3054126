import { message } from '../wire/message-codec.ts';
import { int16, int32, string, strings, structs, throttleTimeMs, uuid } from '../wire/schema.ts';

/** Kafka's DeleteTopicsRequest, API key 20. */
export const deleteTopicsRequest = message('DeleteTopicsRequest', 4, {
  topics: structs('6+', {
    name: string('6+', { nullable: '6+', default: null }),
    topicId: uuid('6+'),
  }),
  topicNames: strings('0-5'),
  timeoutMs: int32('0+'),
});

/** Kafka's DeleteTopicsResponse, API key 20. */
export const deleteTopicsResponse = message('DeleteTopicsResponse', 4, {
  throttleTimeMs: throttleTimeMs('1+'),
  responses: structs('0+', {
    name: string('0+', { nullable: '6+' }),
    topicId: uuid('6+'),
    errorCode: int16('0+'),
    errorMessage: string('5+', { nullable: '5+', default: null }),
  }),
});

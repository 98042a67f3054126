import { message } from '../wire/message-codec.ts';
import { int8, int16, int32, string, strings, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's FindCoordinatorRequest, API key 10. */
export const findCoordinatorRequest = message('FindCoordinatorRequest', 3, {
  key: string('0-3'),
  keyType: int8('1+', { default: 0 }),
  coordinatorKeys: strings('4+'),
});

/** Kafka's FindCoordinatorResponse, API key 10. */
export const findCoordinatorResponse = message('FindCoordinatorResponse', 3, {
  throttleTimeMs: throttleTimeMs('1+'),
  errorCode: int16('0-3'),
  errorMessage: string('1-3', { nullable: '1-3' }),
  nodeId: int32('0-3'),
  host: string('0-3'),
  port: int32('0-3'),
  coordinators: structs('4+', {
    key: string('4+'),
    nodeId: int32('4+'),
    host: string('4+'),
    port: int32('4+'),
    errorCode: int16('4+'),
    errorMessage: string('4+', { nullable: '4+' }),
  }),
});

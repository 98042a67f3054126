import { message } from '../wire/message-codec.ts';
import { bool, int8, int16, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's AlterConfigsRequest, API key 33. */
export const alterConfigsRequest = message('AlterConfigsRequest', 2, {
  resources: structs('0+', {
    resourceType: int8('0+'),
    resourceName: string('0+'),
    configs: structs('0+', {
      name: string('0+'),
      value: string('0+', { nullable: '0+' }),
    }),
  }),
  validateOnly: bool('0+'),
});

/** Kafka's AlterConfigsResponse, API key 33. */
export const alterConfigsResponse = message('AlterConfigsResponse', 2, {
  throttleTimeMs: throttleTimeMs('0+'),
  responses: structs('0+', {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    resourceType: int8('0+'),
    resourceName: string('0+'),
  }),
});

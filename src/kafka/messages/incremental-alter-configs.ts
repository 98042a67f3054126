import { message } from '../wire/message-codec.ts';
import { bool, int8, int16, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's IncrementalAlterConfigsRequest, API key 44. */
export const incrementalAlterConfigsRequest = message('IncrementalAlterConfigsRequest', 1, {
  resources: structs('0+', {
    resourceType: int8('0+'),
    resourceName: string('0+'),
    configs: structs('0+', {
      name: string('0+'),
      configOperation: int8('0+'),
      value: string('0+', { nullable: '0+' }),
    }),
  }),
  validateOnly: bool('0+'),
});

/** Kafka's IncrementalAlterConfigsResponse, API key 44. */
export const incrementalAlterConfigsResponse = message('IncrementalAlterConfigsResponse', 1, {
  throttleTimeMs: throttleTimeMs('0+'),
  responses: structs('0+', {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    resourceType: int8('0+'),
    resourceName: string('0+'),
  }),
});

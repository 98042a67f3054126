import { message } from '../wire/message-codec.ts';
import { int8, int8s, int16, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's ListConfigResourcesRequest, API key 74. */
export const listConfigResourcesRequest = message('ListConfigResourcesRequest', 0, {
  resourceTypes: int8s('1+'),
});

/** Kafka's ListConfigResourcesResponse, API key 74. */
export const listConfigResourcesResponse = message('ListConfigResourcesResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  configResources: structs('0+', {
    resourceName: string('0+'),
    resourceType: int8('1+', { default: 16 }),
  }),
});

import { message } from '../wire/message-codec.ts';
import { int8, int16, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's CreateAclsRequest, API key 30. */
export const createAclsRequest = message('CreateAclsRequest', 2, {
  creations: structs('0+', {
    resourceType: int8('0+'),
    resourceName: string('0+'),
    resourcePatternType: int8('1+', { default: 3 }),
    principal: string('0+'),
    host: string('0+'),
    operation: int8('0+'),
    permissionType: int8('0+'),
  }),
});

/** Kafka's CreateAclsResponse, API key 30. */
export const createAclsResponse = message('CreateAclsResponse', 2, {
  throttleTimeMs: throttleTimeMs('0+'),
  results: structs('0+', {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
  }),
});

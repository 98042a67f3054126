import { message } from '../wire/message-codec.ts';
import { int8, int16, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DeleteAclsRequest, API key 31. */
export const deleteAclsRequest = message('DeleteAclsRequest', 2, {
  filters: structs('0+', {
    resourceTypeFilter: int8('0+'),
    resourceNameFilter: string('0+', { nullable: '0+' }),
    patternTypeFilter: int8('1+', { default: 3 }),
    principalFilter: string('0+', { nullable: '0+' }),
    hostFilter: string('0+', { nullable: '0+' }),
    operation: int8('0+'),
    permissionType: int8('0+'),
  }),
});

/** Kafka's DeleteAclsResponse, API key 31. */
export const deleteAclsResponse = message('DeleteAclsResponse', 2, {
  throttleTimeMs: throttleTimeMs('0+'),
  filterResults: structs('0+', {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    matchingAcls: structs('0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8('0+'),
      resourceName: string('0+'),
      patternType: int8('1+', { default: 3 }),
      principal: string('0+'),
      host: string('0+'),
      operation: int8('0+'),
      permissionType: int8('0+'),
    }),
  }),
});

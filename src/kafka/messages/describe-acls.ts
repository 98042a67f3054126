import { message } from '../wire/message-codec.ts';
import { int8, int16, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DescribeAclsRequest, API key 29. */
export const describeAclsRequest = message('DescribeAclsRequest', 2, {
  resourceTypeFilter: int8('0+'),
  resourceNameFilter: string('0+', { nullable: '0+' }),
  patternTypeFilter: int8('1+', { default: 3 }),
  principalFilter: string('0+', { nullable: '0+' }),
  hostFilter: string('0+', { nullable: '0+' }),
  operation: int8('0+'),
  permissionType: int8('0+'),
});

/** Kafka's DescribeAclsResponse, API key 29. */
export const describeAclsResponse = message('DescribeAclsResponse', 2, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  errorMessage: string('0+', { nullable: '0+' }),
  resources: structs('0+', {
    resourceType: int8('0+'),
    resourceName: string('0+'),
    patternType: int8('1+', { default: 3 }),
    acls: structs('0+', {
      principal: string('0+'),
      host: string('0+'),
      operation: int8('0+'),
      permissionType: int8('0+'),
    }),
  }),
});

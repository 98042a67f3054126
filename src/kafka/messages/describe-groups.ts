import { message } from '../wire/message-codec.ts';
import { bool, bytes, int16, int32, string, strings, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DescribeGroupsRequest, API key 15. */
export const describeGroupsRequest = message('DescribeGroupsRequest', 5, {
  groups: strings('0+'),
  includeAuthorizedOperations: bool('3+'),
});

/** Kafka's DescribeGroupsResponse, API key 15. */
export const describeGroupsResponse = message('DescribeGroupsResponse', 5, {
  throttleTimeMs: throttleTimeMs('1+'),
  groups: structs('0+', {
    errorCode: int16('0+'),
    errorMessage: string('6+', { nullable: '6+', default: null }),
    groupId: string('0+'),
    groupState: string('0+'),
    protocolType: string('0+'),
    protocolData: string('0+'),
    members: structs('0+', {
      memberId: string('0+'),
      groupInstanceId: string('4+', { nullable: '4+', default: null }),
      clientId: string('0+'),
      clientHost: string('0+'),
      memberMetadata: bytes('0+'),
      memberAssignment: bytes('0+'),
    }),
    authorizedOperations: int32('3+', { default: -2147483648 }),
  }),
});

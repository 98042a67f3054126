import { message } from '../wire/message-codec.ts';
import { int16, string, strings, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's ListGroupsRequest, API key 16. */
export const listGroupsRequest = message('ListGroupsRequest', 3, {
  statesFilter: strings('4+'),
  typesFilter: strings('5+'),
});

/** Kafka's ListGroupsResponse, API key 16. */
export const listGroupsResponse = message('ListGroupsResponse', 3, {
  throttleTimeMs: throttleTimeMs('1+'),
  errorCode: int16('0+'),
  groups: structs('0+', {
    groupId: string('0+'),
    protocolType: string('0+'),
    groupState: string('4+'),
    groupType: string('5+'),
  }),
});

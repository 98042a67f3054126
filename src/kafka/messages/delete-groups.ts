import { message } from '../wire/message-codec.ts';
import { int16, string, strings, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DeleteGroupsRequest, API key 42. */
export const deleteGroupsRequest = message('DeleteGroupsRequest', 2, {
  groupsNames: strings('0+'),
});

/** Kafka's DeleteGroupsResponse, API key 42. */
export const deleteGroupsResponse = message('DeleteGroupsResponse', 2, {
  throttleTimeMs: throttleTimeMs('0+'),
  results: structs('0+', {
    groupId: string('0+'),
    errorCode: int16('0+'),
  }),
});

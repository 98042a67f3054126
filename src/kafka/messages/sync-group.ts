import { message } from '../wire/message-codec.ts';
import { bytes, int16, int32, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's SyncGroupRequest, API key 14. */
export const syncGroupRequest = message('SyncGroupRequest', 4, {
  groupId: string('0+'),
  generationId: int32('0+'),
  memberId: string('0+'),
  groupInstanceId: string('3+', { nullable: '3+', default: null }),
  protocolType: string('5+', { nullable: '5+', default: null }),
  protocolName: string('5+', { nullable: '5+', default: null }),
  assignments: structs('0+', {
    memberId: string('0+'),
    assignment: bytes('0+'),
  }),
});

/** Kafka's SyncGroupResponse, API key 14. */
export const syncGroupResponse = message('SyncGroupResponse', 4, {
  throttleTimeMs: throttleTimeMs('1+'),
  errorCode: int16('0+'),
  protocolType: string('5+', { nullable: '5+', default: null }),
  protocolName: string('5+', { nullable: '5+', default: null }),
  assignment: bytes('0+'),
});

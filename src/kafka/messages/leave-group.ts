import { message } from '../wire/message-codec.ts';
import { int16, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's LeaveGroupRequest, API key 13. */
export const leaveGroupRequest = message('LeaveGroupRequest', 4, {
  groupId: string('0+'),
  memberId: string('0-2'),
  members: structs('3+', {
    memberId: string('3+'),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
    reason: string('5+', { nullable: '5+', default: null }),
  }),
});

/** Kafka's LeaveGroupResponse, API key 13. */
export const leaveGroupResponse = message('LeaveGroupResponse', 4, {
  throttleTimeMs: throttleTimeMs('1+'),
  errorCode: int16('0+'),
  members: structs('3+', {
    memberId: string('3+'),
    groupInstanceId: string('3+', { nullable: '3+' }),
    errorCode: int16('3+'),
  }),
});

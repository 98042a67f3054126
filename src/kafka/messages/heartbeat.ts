import { message } from '../wire/message-codec.ts';
import { int16, int32, string, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's HeartbeatRequest, API key 12. */
export const heartbeatRequest = message('HeartbeatRequest', 4, {
  groupId: string('0+'),
  generationId: int32('0+'),
  memberId: string('0+'),
  groupInstanceId: string('3+', { nullable: '3+', default: null }),
});

/** Kafka's HeartbeatResponse, API key 12. */
export const heartbeatResponse = message('HeartbeatResponse', 4, {
  throttleTimeMs: throttleTimeMs('1+'),
  errorCode: int16('0+'),
});

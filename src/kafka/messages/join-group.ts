import { message } from '../wire/message-codec.ts';
import { bool, bytes, int16, int32, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's JoinGroupRequest, API key 11. */
export const joinGroupRequest = message('JoinGroupRequest', 6, {
  groupId: string('0+'),
  sessionTimeoutMs: int32('0+'),
  rebalanceTimeoutMs: int32('1+', { default: -1 }),
  memberId: string('0+'),
  groupInstanceId: string('5+', { nullable: '5+', default: null }),
  protocolType: string('0+'),
  protocols: structs('0+', {
    name: string('0+'),
    metadata: bytes('0+'),
  }),
  reason: string('8+', { nullable: '8+', default: null }),
});

/** Kafka's JoinGroupResponse, API key 11. */
export const joinGroupResponse = message('JoinGroupResponse', 6, {
  throttleTimeMs: throttleTimeMs('2+'),
  errorCode: int16('0+'),
  generationId: int32('0+', { default: -1 }),
  protocolType: string('7+', { nullable: '7+', default: null }),
  protocolName: string('0+', { nullable: '7+' }),
  leader: string('0+'),
  skipAssignment: bool('9+', { default: false }),
  memberId: string('0+'),
  members: structs('0+', {
    memberId: string('0+'),
    groupInstanceId: string('5+', { nullable: '5+', default: null }),
    metadata: bytes('0+'),
  }),
});

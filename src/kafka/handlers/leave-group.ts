import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { leaveGroupRequest, leaveGroupResponse } from '../messages/leave-group.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';
import { groupOf } from './group-offsets.ts';

export const leaveGroupApi = kafkaApi({
  key: 13,
  name: 'LeaveGroup',
  versions: { min: 0, max: 5 },
  request: leaveGroupRequest,
  response: leaveGroupResponse,
  handle: leaveGroup,
});

/** From this version on several members may leave at once, each with an answer of its own (KIP-345). */
const manyFrom = 3;

async function leaveGroup(call: KafkaCall, request: MessageOf<typeof leaveGroupRequest>) {
  const { version, services } = call;
  const asked = version < manyFrom ? [{ memberId: request.memberId, groupInstanceId: null }] : request.members;
  const leavers = asked.map(({ memberId, groupInstanceId }) => ({ memberId, instanceId: groupInstanceId }));
  const group = groupOf(call, request.groupId, 'READ');
  const left = group.ok ? await services.groups.classic.leave(group.value, leavers) : group;
  if (!left.ok) return { errorCode: wireErrorOf(left.error), members: [] };
  const errorCodes = left.value.map((result) => (result.ok ? noError : wireErrorOf(result.error)));
  if (version < manyFrom) return { errorCode: errorCodes[0] ?? noError, members: [] };
  const members = leavers.map(({ memberId, instanceId }, at) => ({
    memberId,
    groupInstanceId: instanceId,
    errorCode: errorCodes[at] ?? noError,
  }));
  return { errorCode: noError, members };
}

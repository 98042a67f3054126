import { minRebalanceTimeoutMs } from '../../groups/member-wish.ts';
import { limits } from '../../limits.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { joinGroupRequest, joinGroupResponse } from '../messages/join-group.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';
import { groupOf } from './group-offsets.ts';

export const joinGroupApi = kafkaApi({
  key: 11,
  name: 'JoinGroup',
  versions: { min: 0, max: 9 },
  request: joinGroupRequest,
  response: joinGroupResponse,
  handle: joinGroup,
});

/** From this version on a new member is given its id first, and joins with it (KIP-394). */
const idFirstFrom = 4;

/** From this version on a leader may be told not to assign (KIP-814). */
const skipAssignmentFrom = 9;

/** From this version on an answer may be without a protocol. */
const noProtocolFrom = 7;

type Request = MessageOf<typeof joinGroupRequest>;

async function joinGroup(call: KafkaCall, request: Request) {
  const group = groupOf(call, request.groupId, 'READ');
  const { memberId, joined } = group.ok
    ? await call.services.groups.classic.join(group.value, joinOf(call, request))
    : { memberId: request.memberId, joined: group };
  if (!joined.ok) {
    const protocolName = call.version < noProtocolFrom ? '' : null;
    return { errorCode: wireErrorOf(joined.error), protocolName, leader: '', memberId, members: [] };
  }
  const { generationId, protocolType, protocolName, leaderId, skipAssignment, members } = joined.value;
  return {
    errorCode: noError,
    generationId,
    protocolType,
    protocolName: protocolName ?? '',
    leader: leaderId,
    skipAssignment,
    memberId: joined.value.memberId,
    members: members.map((member) => ({ ...member, groupInstanceId: member.instanceId })),
  };
}

function joinOf({ version, clientId }: KafkaCall, request: Request) {
  const { memberId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, protocolType, protocols } = request;
  // Before version 1 the one timeout was for both.
  const askedMs = rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs;
  return {
    memberId,
    isIdFirst: version >= idFirstFrom,
    instanceId: groupInstanceId,
    clientId,
    sessionTimeoutMs,
    // Kafka takes any: what is out of bounds here is brought within them.
    rebalanceTimeoutMs: Math.min(Math.max(askedMs, minRebalanceTimeoutMs), limits.rebalanceTimeoutMs.max),
    protocolType,
    // The request is gone when the group still has them.
    protocols: protocols.map(({ name, metadata }) => ({ name, metadata: metadata.slice() })),
    maySkipAssignment: version >= skipAssignmentFrom,
  };
}

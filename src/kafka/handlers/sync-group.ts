import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { syncGroupRequest, syncGroupResponse } from '../messages/sync-group.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';
import { groupOf } from './group-offsets.ts';

export const syncGroupApi = kafkaApi({
  key: 14,
  name: 'SyncGroup',
  versions: { min: 0, max: 5 },
  request: syncGroupRequest,
  response: syncGroupResponse,
  handle: syncGroup,
});

async function syncGroup(call: KafkaCall, request: MessageOf<typeof syncGroupRequest>) {
  const { memberId, groupInstanceId, generationId, protocolType, protocolName } = request;
  const group = groupOf(call, request.groupId, 'READ');
  const synced = group.ok
    ? await call.services.groups.classic.sync(group.value, {
        memberId,
        instanceId: groupInstanceId,
        generationId,
        protocolType,
        protocolName,
        assignments: request.assignments.map((given) => ({ ...given, assignment: given.assignment.slice() })),
      })
    : group;
  if (!synced.ok) return { errorCode: wireErrorOf(synced.error), assignment: new Uint8Array(0) };
  return { errorCode: noError, ...synced.value };
}

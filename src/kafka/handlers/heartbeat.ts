import { kafkaApi } from '../kafka-api.ts';
import { heartbeatRequest, heartbeatResponse } from '../messages/heartbeat.ts';
import { noError, wireErrorOf } from '../wire-error.ts';
import { groupOf } from './group-offsets.ts';

export const heartbeatApi = kafkaApi({
  key: 12,
  name: 'Heartbeat',
  versions: { min: 0, max: 4 },
  request: heartbeatRequest,
  response: heartbeatResponse,
  handle: async (call, { groupId, memberId, groupInstanceId: instanceId, generationId }) => {
    const group = groupOf(call, groupId, 'READ');
    const heard = group.ok
      ? await call.services.groups.classic.heartbeat(group.value, { memberId, instanceId, generationId })
      : group;
    return { errorCode: heard.ok ? noError : wireErrorOf(heard.error) };
  },
});

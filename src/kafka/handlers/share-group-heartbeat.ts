import { checkEach } from '../../authorization/access-check.ts';
import { failed, type Result } from '../../errors/result.ts';
import { shortenedName } from '../../gateway/shortened-name.ts';
import { heartbeatIntervalMs } from '../../groups/member-wish.ts';
import type { ShareHeartbeatReply } from '../../groups/share/share-group-rpc.ts';
import { heartbeatRefusal, partitionsByTopicId } from '../group-answers.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { shareGroupHeartbeatRequest, shareGroupHeartbeatResponse } from '../messages/share-group-heartbeat.ts';
import { keyOf, type ShareMembership } from '../share/share-sessions.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError } from '../wire-error.ts';
import { groupOf } from './group-offsets.ts';

export const shareGroupHeartbeatApi = kafkaApi({
  key: 76,
  name: 'ShareGroupHeartbeat',
  versions: { min: 1, max: 1 },
  request: shareGroupHeartbeatRequest,
  response: shareGroupHeartbeatResponse,
  handle: heartbeat,
});

type Request = MessageOf<typeof shareGroupHeartbeatRequest>;

const joinEpoch = 0;
const leaveEpoch = -1;

/**
 * A sign of life of a worker in a share group. What it reads and what it was told is kept with its connection: locks
 * decide what is whose, so a member that has to begin anew loses nothing but its place.
 */
async function heartbeat(call: KafkaCall, request: Request) {
  const { groupId, memberId, memberEpoch } = request;
  const { members } = call.session.shares;
  const key = keyOf(groupId, memberId);
  const known = members.get(key);
  const checked = check(call, request, known);
  if (!checked.ok) return heartbeatRefusal(request.memberEpoch, checked.error);
  if (memberEpoch === leaveEpoch) {
    members.delete(key);
    const left = await call.services.shares.fetcher.leave(groupId, memberId);
    return left.ok
      ? { errorCode: noError, memberId, memberEpoch, heartbeatIntervalMs: 0 }
      : heartbeatRefusal(request.memberEpoch, left.error);
  }
  const { topics } = checked.value;
  const clientId = shortenedName(call.clientId);
  const heard = await call.services.shares.fetcher.hear({ groupId, memberId, clientId, topics });
  if (!heard.ok) return heartbeatRefusal(request.memberEpoch, heard.error);
  const told = JSON.stringify(heard.value.preferred);
  const isNews = memberEpoch === joinEpoch || told !== known?.told;
  const epoch = memberEpoch === joinEpoch ? 1 : (known?.epoch ?? 0) + (isNews ? 1 : 0);
  call.session.shares.remember(key, { topics, epoch, told });
  return { errorCode: noError, memberId, memberEpoch: epoch, ...answerOf(heard.value, isNews) };
}

/** What the member reads, if it is one that may: it says so as it joins, and where it changed. */
function check(
  call: KafkaCall,
  { groupId, memberId, memberEpoch, subscribedTopicNames }: Request,
  known: ShareMembership | undefined,
): Result<{ readonly topics: readonly string[] }> {
  const group = groupOf(call, groupId, 'READ');
  if (!group.ok) return group;
  if (memberId === '' || memberEpoch < leaveEpoch) {
    return failed('INVALID_REQUEST', 'A member of a share group has an id, and an epoch that is not below -1.');
  }
  if (memberEpoch === leaveEpoch) return { ok: true, value: { topics: [] } };
  const topics = subscribedTopicNames ?? (memberEpoch === joinEpoch ? null : (known?.topics ?? []));
  if (topics === null) return failed('INVALID_REQUEST', 'A member that joins must say which topics it wants to read.');
  if (memberEpoch !== joinEpoch && known === undefined) {
    return failed(
      'UNKNOWN_MEMBER_ID',
      'The connection has no such member of the share group; join again with epoch 0.',
    );
  }
  if (memberEpoch !== joinEpoch && memberEpoch !== known?.epoch) {
    return failed(
      'FENCED_MEMBER_EPOCH',
      `The member is at epoch ${known?.epoch}, not ${memberEpoch}; join again with epoch 0.`,
    );
  }
  const may = checkEach(call.services.principal, 'DESCRIBE', 'TOPIC', topics);
  return may.ok ? { ok: true, value: { topics } } : may;
}

function answerOf({ preferred, sessionTimeoutMs }: ShareHeartbeatReply, isNews: boolean) {
  return {
    heartbeatIntervalMs: heartbeatIntervalMs(sessionTimeoutMs),
    assignment: isNews ? { topicPartitions: partitionsByTopicId(preferred) } : null,
  };
}

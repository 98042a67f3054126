import { type Failure, failed, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { shareAcknowledgeRequest, shareAcknowledgeResponse } from '../messages/share-acknowledge.ts';
import { type AcknowledgeOutcome, acknowledgeInSession } from '../share/acknowledge-in-session.ts';
import type { ShareSession } from '../share/share-session.ts';
import { closingEpoch, openingEpoch } from '../share/share-sessions.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';
import { groupOf } from './group-offsets.ts';

export const shareAcknowledgeApi = kafkaApi({
  key: 79,
  name: 'ShareAcknowledge',
  versions: { min: 1, max: 2 },
  request: shareAcknowledgeRequest,
  response: shareAcknowledgeResponse,
  handle: shareAcknowledge,
});

type Request = MessageOf<typeof shareAcknowledgeRequest>;

/** Where a partition is: at the broker that was asked. */
export const currentLeader = { leaderId: -1, leaderEpoch: -1 };

async function shareAcknowledge(call: KafkaCall, request: Request) {
  const session = findSession(call, request);
  if (!session.ok) return { ...refusal(session.error), responses: [], nodeEndpoints: [] };
  const acknowledged = request.topics.flatMap(({ topicId, partitions }) =>
    partitions.map((partition) => ({ topicId, ...partition })),
  );
  const outcomes = await acknowledgeInSession(call, session.value, acknowledged, request.isRenewAck);
  if (request.shareSessionEpoch === closingEpoch) await call.session.shares.end(session.value);
  return {
    errorCode: noError,
    acquisitionLockTimeoutMs: limits.shareLockDurationMs.value,
    responses: [...Map.groupBy(outcomes, ({ topicId }) => topicId)].map(([topicId, same]) => ({
      topicId,
      partitions: same.map(outcomeAnswer),
    })),
    nodeEndpoints: [],
  };
}

function findSession(call: KafkaCall, { groupId, memberId, shareSessionEpoch }: Request): Result<ShareSession> {
  const group = groupOf(call, groupId ?? '', 'READ');
  if (!group.ok) return group;
  if (shareSessionEpoch === openingEpoch) {
    return failed(
      'INVALID_SHARE_SESSION_EPOCH',
      'A session is opened by a fetch, and acknowledges with a later epoch.',
    );
  }
  return call.session.shares.next(groupId ?? '', memberId ?? '', shareSessionEpoch);
}

const outcomeAnswer = ({ partitionIndex, failure }: AcknowledgeOutcome) => ({
  partitionIndex,
  ...(failure === null ? { errorCode: noError } : refusal(failure)),
  currentLeader,
});

const refusal = (failure: Failure) => ({ errorCode: wireErrorOf(failure), errorMessage: failure.message });

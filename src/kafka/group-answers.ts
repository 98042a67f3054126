import { mayAccess } from '../authorization/authorize.ts';
import type { Principal } from '../authorization/principal.ts';
import { type Failure, failed, ok, type Result } from '../errors/result.ts';
import { quoteName } from '../groups/group-id.ts';
import { wireErrorOf } from './wire-error.ts';

/** TOPIC_AUTHORIZATION_FAILED when members of the group read a topic that one may not know of. */
export function checkTopicsOfMembers(principal: Principal, groupId: string, topics: readonly string[]): Result<null> {
  const isHidden = (resourceName: string) =>
    !mayAccess(principal, { operation: 'DESCRIBE', resourceType: 'TOPIC', resourceName });
  return topics.some(isHidden)
    ? failed(
        'TOPIC_AUTHORIZATION_FAILED',
        `Members of group ${quoteName(groupId)} read topics that you may not describe.`,
      )
    : ok(null);
}

/** What a heartbeat is refused with: to a member of one protocol a group of another one is no group. */
export function heartbeatRefusal(memberEpoch: number, failure: Failure) {
  const code = failure.code === 'INCONSISTENT_GROUP_PROTOCOL' ? 'GROUP_ID_NOT_FOUND' : failure.code;
  const errorCode = wireErrorOf({ ...failure, code });
  return { errorCode, errorMessage: failure.message, memberId: null, memberEpoch, heartbeatIntervalMs: 0 };
}

/** Partitions as assignments name them: by topic id. */
export function partitionsByTopicId(places: readonly { readonly topicId: string; readonly partition: number }[]) {
  return [...Map.groupBy(places, ({ topicId }) => topicId)].map(([topicId, same]) => ({
    topicId,
    partitions: same.map(({ partition }) => partition),
  }));
}

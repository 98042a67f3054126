import { partitionKey } from './assignors/assignor.ts';
import { isReadByClassic } from './classic/classic-topics.ts';
import type { CommittedOffset } from './committed-offset.ts';
import type { GroupMemory } from './group-memory.ts';

/**
 * The offsets whose time is over: of a group without members, `retentionMs` after the last commit or after the last
 * member left, whichever was later; of a running group, after the last commit of a topic that nobody subscribes to any
 * more (Kafka's offsets.retention.minutes). Where a transaction may commit another offset, the last one stays.
 */
export function dueOffsets(group: GroupMemory, nowMs: number, retentionMs: number): CommittedOffset[] {
  const { emptySinceMs } = group.row;
  const subscribed = new Set(group.state.topics.map(({ topicId }) => topicId));
  const isRead = (topicId: string) =>
    subscribed.has(topicId) || isReadByClassic(group.classic, group.topics.get(topicId)?.topic ?? '');
  const { pendingKeys } = group.transactional;
  return [...group.offsets.values()].filter(
    ({ topicId, partition, committedAtMs }) =>
      !isRead(topicId) &&
      !pendingKeys.has(partitionKey(topicId, partition)) &&
      Math.max(emptySinceMs ?? 0, committedAtMs) + retentionMs <= nowMs,
  );
}

/**
 * Whether a group has members, offsets, or offsets that a transaction may still commit: it is not over then, however long
 * nobody called (Kafka's OffsetMetadataManager.cleanupExpiredOffsets).
 */
export function holdsAnything({ memberCount, offsets, transactional }: GroupMemory): boolean {
  return memberCount > 0 || offsets.size > 0 || transactional.pendingKeys.size > 0;
}

/**
 * When the time of the next offset of a group without members is over, or of the group itself when it has none. Null for
 * a running group, which looks whenever its sessions are looked at.
 */
export function nextExpiryMs(group: GroupMemory, retentionMs: number): number | null {
  const { emptySinceMs } = group.row;
  if (emptySinceMs === null) return null;
  let nextMs: number | null = null;
  for (const { committedAtMs } of group.offsets.values()) {
    const expiresMs = Math.max(emptySinceMs, committedAtMs) + retentionMs;
    if (nextMs === null || expiresMs < nextMs) nextMs = expiresMs;
  }
  return nextMs ?? emptySinceMs + retentionMs;
}

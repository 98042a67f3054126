import type { CommitTableJson, GroupConsumeJson, GroupMembershipJson, OffsetTableJson } from '../contracts/groups.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { isAssignorName } from '../groups/assignors/assignors.ts';
import type { OffsetCommit, RefusedCommit, TopicPartition } from '../groups/committed-offset.ts';
import type { HeartbeatReply } from '../groups/group-rpc.ts';
import { subscriptionOf } from '../groups/member-wish.ts';
import type { MemberWish } from '../groups/membership.ts';
import { limits } from '../limits.ts';
import type { OffsetTable } from './group-consumer.ts';

/** Offsets to commit, as a list. */
export function commitsOf(table: CommitTableJson | undefined): OffsetCommit[] {
  return Object.entries(table ?? {}).flatMap(([topic, partitions]) =>
    Object.entries(partitions).map(([partition, commit]) => {
      const given = typeof commit === 'number' ? { offset: commit } : commit;
      return {
        topic,
        partition: Number(partition),
        offset: given.offset,
        metadata: given.metadata ?? '',
        leaderEpoch: given.leader_epoch ?? -1,
      };
    }),
  );
}

export function offsetTableOf(table: OffsetTableJson | undefined): OffsetTable {
  const entries = Object.entries(table ?? {}).map(([topic, partitions]) => {
    const offsets = Object.entries(partitions).map(([partition, offset]) => [Number(partition), offset] as const);
    return [topic, new Map(offsets)] as const;
  });
  return new Map(entries);
}

/** Partitions by topic, ascending. */
export function partitionTable(partitions: readonly TopicPartition[]): Record<string, number[]> {
  const table: Record<string, number[]> = {};
  for (const [topic, same] of Map.groupBy(partitions, ({ topic }) => topic)) {
    table[topic] = same.map(({ partition }) => partition).sort((one, other) => one - other);
  }
  return table;
}

export function refusedJson(refused: readonly RefusedCommit[]): NonNullable<GroupMembershipJson['refused']> {
  return refused.map(({ commit, failure }) => ({
    topic: commit.topic,
    partition: commit.partition,
    offset: commit.offset,
    code: failure.code,
    message: failure.message,
  }));
}

/** What every answer to a member begins with; what is empty is left out. */
export function membershipJson(reply: HeartbeatReply, refused: readonly RefusedCommit[]): GroupMembershipJson {
  const { rejoinedAfter } = reply;
  return {
    member_id: reply.memberId,
    member_epoch: reply.memberEpoch,
    assignment: partitionTable(reply.assigned),
    ...(reply.revoked.length === 0 ? {} : { revoked: partitionTable(reply.revoked) }),
    ...(refused.length === 0 ? {} : { refused: refusedJson(refused) }),
    ...(rejoinedAfter === null ? {} : { rejoined: { code: rejoinedAfter.code, message: rejoinedAfter.message } }),
    session_timeout_ms: reply.sessionTimeoutMs,
    heartbeat_interval_ms: reply.heartbeatIntervalMs,
  };
}

/** The fields in which a member says what it wants. */
export type WishJson = Pick<
  GroupConsumeJson,
  'topics' | 'topics_pattern' | 'assignor' | 'session_timeout_ms' | 'rebalance_timeout_ms'
>;

/** What the member asks for; null when the call names neither topics nor a pattern, and all stays as it was. */
export function wishOf(body: WishJson): Result<MemberWish | null> {
  const { topics, topics_pattern: pattern, assignor } = body;
  if (assignor !== undefined && !isAssignorName(assignor)) {
    return failed(
      'UNSUPPORTED_ASSIGNOR',
      `There is no assignor "${assignor.slice(0, 50)}"; use sticky, uniform or range.`,
    );
  }
  if (topics === undefined && pattern === undefined) return ok(null);
  return ok({
    subscription: subscriptionOf(topics ?? [], pattern ?? null),
    assignor: assignor ?? null,
    sessionTimeoutMs: body.session_timeout_ms ?? limits.sessionTimeoutMs.value,
    rebalanceTimeoutMs: body.rebalance_timeout_ms ?? limits.rebalanceTimeoutMs.value,
  });
}

import type { CommitTableJson, GroupMembershipJson, OffsetTableJson } from '../../contracts/groups.ts';
import type { OffsetTable } from '../../gateway/group-consumer.ts';
import type { OffsetCommit, RefusedCommit, TopicPartition } from '../../groups/committed-offset.ts';
import type { HeartbeatReply } from '../../groups/group-rpc.ts';

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

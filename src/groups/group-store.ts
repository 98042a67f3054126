import { assert } from '../errors/assert.ts';
import { createSchema } from '../platform/migrations.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { AssignableTopic, PartitionKey } from './assignors/assignor.ts';
import { isAssignorName } from './assignors/assignors.ts';
import type { CommittedOffset } from './committed-offset.ts';
import type { GroupRef } from './group-ref.ts';
import { groupMigrations } from './group-schema.ts';
import type { GroupState, GroupSubscription, Member } from './group-state.ts';

/** A topic the group has to do with: someone subscribes to it, or it has offsets. */
export type GroupTopic = AssignableTopic & {
  /** How many partitions it had when the group first met it: those added since are read from their beginning. */
  readonly firstPartitionCount: number;
};

/** The group's own row. */
export type GroupRow = {
  readonly ref: GroupRef;
  readonly createdAtMs: number;
  readonly groupEpoch: number;
  readonly lastMemberEpoch: number;
  /** Since when it has no members; null while it has some. */
  readonly emptySinceMs: number | null;
  /** Since when no member was heard of, if the object woke up without hearing any; null otherwise. */
  readonly unheardSinceMs: number | null;
};

/** The group's rows: SQL only, no decisions. Writes are called inside a transaction of the service. */
export class GroupStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** Creates the tables and the identity of a group that has none. */
  create(ref: GroupRef, nowMs: number): void {
    createSchema(this.#sql, groupMigrations);
    this.#sql.run(
      'INSERT INTO consumer_group VALUES (1, ?, ?, ?, ?, 0, 0, ?, NULL)',
      ref.orgId,
      ref.clusterId,
      ref.groupId,
      nowMs,
      nowMs,
    );
  }

  loadRow(): GroupRow {
    type Row = {
      org_id: string;
      cluster_id: string;
      group_id: string;
      created_at_ms: number;
      group_epoch: number;
      last_member_epoch: number;
      empty_since_ms: number | null;
      unheard_since_ms: number | null;
    };
    const [row] = this.#sql.query<Row>('SELECT * FROM consumer_group');
    assert(row !== undefined, 'an initialized group has an identity');
    return {
      ref: { orgId: row.org_id, clusterId: row.cluster_id, groupId: row.group_id },
      createdAtMs: row.created_at_ms,
      groupEpoch: row.group_epoch,
      lastMemberEpoch: row.last_member_epoch,
      emptySinceMs: row.empty_since_ms,
      unheardSinceMs: row.unheard_since_ms,
    };
  }

  saveRow({ groupEpoch, lastMemberEpoch, emptySinceMs, unheardSinceMs }: Omit<GroupRow, 'ref' | 'createdAtMs'>): void {
    this.#sql.run(
      'UPDATE consumer_group SET group_epoch = ?, last_member_epoch = ?, empty_since_ms = ?, unheard_since_ms = ?',
      groupEpoch,
      lastMemberEpoch,
      emptySinceMs,
      unheardSinceMs,
    );
  }

  loadMembers(): Map<string, Member> {
    const rows = this.#sql.query<MemberRow>('SELECT * FROM member ORDER BY member_id');
    return new Map(rows.map((row) => [row.member_id, toMember(row)]));
  }

  /** Writes the members that differ between two states, and no other. */
  saveMembers(before: GroupState, after: GroupState): void {
    for (const memberId of before.members.keys()) {
      if (!after.members.has(memberId)) this.#sql.run('DELETE FROM member WHERE member_id = ?', memberId);
    }
    for (const [memberId, member] of after.members) {
      if (before.members.get(memberId) !== member) this.#saveMember(member);
    }
  }

  loadTopics(): GroupTopic[] {
    return this.#sql.query<GroupTopic>(
      `SELECT topic_id AS topicId, topic, partition_count AS partitionCount, first_partition_count AS firstPartitionCount
       FROM topic ORDER BY topic`,
    );
  }

  saveTopic({ topicId, topic, partitionCount, firstPartitionCount }: GroupTopic): void {
    this.#sql.run(
      `INSERT INTO topic VALUES (?, ?, ?, ?)
       ON CONFLICT (topic_id) DO UPDATE SET partition_count = excluded.partition_count`,
      topicId,
      topic,
      partitionCount,
      firstPartitionCount,
    );
  }

  /** Forgets a topic and all that was committed for it. */
  deleteTopic(topicId: string): void {
    this.#sql.run('DELETE FROM topic WHERE topic_id = ?', topicId);
    this.#sql.run('DELETE FROM committed_offset WHERE topic_id = ?', topicId);
  }

  loadOffsets(): CommittedOffset[] {
    return this.#sql.query<CommittedOffset>(
      `SELECT topic_id AS topicId, partition, offset, leader_epoch AS leaderEpoch, metadata,
       committed_at_ms AS committedAtMs FROM committed_offset ORDER BY topic_id, partition`,
    );
  }

  saveOffset({ topicId, partition, offset, leaderEpoch, metadata, committedAtMs }: CommittedOffset): void {
    this.#sql.run(
      `INSERT INTO committed_offset VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (topic_id, partition) DO UPDATE SET offset = excluded.offset, leader_epoch = excluded.leader_epoch,
       metadata = excluded.metadata, committed_at_ms = excluded.committed_at_ms`,
      topicId,
      partition,
      offset,
      leaderEpoch,
      metadata,
      committedAtMs,
    );
  }

  deleteOffset({ topicId, partition }: Pick<CommittedOffset, 'topicId' | 'partition'>): void {
    this.#sql.run('DELETE FROM committed_offset WHERE topic_id = ? AND partition = ?', topicId, partition);
  }

  #saveMember(member: Member): void {
    this.#sql.run(
      `INSERT INTO member VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (member_id) DO UPDATE SET instance_id = excluded.instance_id, client_id = excluded.client_id,
       relay = excluded.relay, subscription = excluded.subscription, assignor = excluded.assignor,
       session_timeout_ms = excluded.session_timeout_ms, rebalance_timeout_ms = excluded.rebalance_timeout_ms,
       member_epoch = excluded.member_epoch, previous_epoch = excluded.previous_epoch, assigned = excluded.assigned,
       revoking = excluded.revoking, target = excluded.target, is_away = excluded.is_away`,
      member.memberId,
      member.instanceId,
      member.clientId,
      member.relay,
      JSON.stringify(member.subscription),
      member.assignor,
      member.sessionTimeoutMs,
      member.rebalanceTimeoutMs,
      member.epoch,
      member.previousEpoch,
      JSON.stringify([...member.assigned]),
      JSON.stringify([...member.revoking]),
      JSON.stringify([...member.target]),
      member.isAway ? 1 : 0,
    );
  }
}

type MemberRow = {
  member_id: string;
  instance_id: string | null;
  client_id: string;
  relay: string | null;
  subscription: string;
  assignor: string | null;
  session_timeout_ms: number;
  rebalance_timeout_ms: number;
  member_epoch: number;
  previous_epoch: number | null;
  assigned: string;
  revoking: string;
  target: string;
  is_away: number;
};

function toMember(row: MemberRow): Member {
  return {
    memberId: row.member_id,
    instanceId: row.instance_id,
    clientId: row.client_id,
    relay: row.relay,
    subscription: JSON.parse(row.subscription) as GroupSubscription,
    assignor: row.assignor !== null && isAssignorName(row.assignor) ? row.assignor : null,
    sessionTimeoutMs: row.session_timeout_ms,
    rebalanceTimeoutMs: row.rebalance_timeout_ms,
    epoch: row.member_epoch,
    previousEpoch: row.previous_epoch,
    assigned: new Map(JSON.parse(row.assigned) as [PartitionKey, number][]),
    revoking: new Map(JSON.parse(row.revoking) as [PartitionKey, number][]),
    target: new Set(JSON.parse(row.target) as PartitionKey[]),
    isAway: row.is_away === 1,
  };
}

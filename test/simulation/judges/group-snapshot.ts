import type { JournaledSqlStore } from '../journaled-sql-store.ts';
import { type PendingSnapshot, readPendingOffsets } from './transaction-snapshot.ts';

export type MemberSnapshot = {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly epoch: number;
  readonly previousEpoch: number | null;
  /** By partition key, the epoch of the grant. */
  readonly assigned: ReadonlyMap<string, number>;
  readonly revoking: ReadonlyMap<string, number>;
  readonly target: ReadonlySet<string>;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
};

export type TopicSnapshot = { readonly topic: string; readonly partitionCount: number };

/** A consumer group as its rows say it, read by other code than the group's own. */
export type GroupSnapshot = {
  readonly groupEpoch: number;
  readonly lastMemberEpoch: number;
  readonly members: ReadonlyMap<string, MemberSnapshot>;
  /** By topic id. */
  readonly topics: ReadonlyMap<string, TopicSnapshot>;
  /** Committed offsets by partition key. */
  readonly offsets: ReadonlyMap<string, number>;
  /** Offsets that wait for the end of a transaction, by producer. */
  readonly pending: ReadonlyMap<number, PendingSnapshot>;
};

/** Null while there is no group. */
export function readGroup(store: JournaledSqlStore): GroupSnapshot | null {
  if (store.peek("SELECT 1 AS found FROM sqlite_master WHERE name = 'consumer_group'").length === 0) return null;
  const [row] = store.peek<{ group_epoch: number; last_member_epoch: number }>('SELECT * FROM consumer_group');
  if (row === undefined) return null;
  const members = store.peek<MemberRow>('SELECT * FROM member').map(memberOf);
  const topics = store.peek<{ topic_id: string; topic: string; partition_count: number }>('SELECT * FROM topic');
  const offsets = store.peek<{ topic_id: string; partition: number; offset: number }>('SELECT * FROM committed_offset');
  return {
    groupEpoch: row.group_epoch,
    lastMemberEpoch: row.last_member_epoch,
    members: new Map(members.map((member) => [member.memberId, member])),
    topics: new Map(
      topics.map(({ topic_id, topic, partition_count }) => [topic_id, { topic, partitionCount: partition_count }]),
    ),
    offsets: new Map(offsets.map(({ topic_id, partition, offset }) => [`${topic_id}/${partition}`, offset])),
    pending: readPendingOffsets(store),
  };
}

type MemberRow = {
  member_id: string;
  instance_id: string | null;
  member_epoch: number;
  previous_epoch: number | null;
  assigned: string;
  revoking: string;
  target: string;
  subscription: string;
  session_timeout_ms: number;
  rebalance_timeout_ms: number;
};

function memberOf(row: MemberRow): MemberSnapshot {
  return {
    memberId: row.member_id,
    instanceId: row.instance_id,
    epoch: row.member_epoch,
    previousEpoch: row.previous_epoch,
    assigned: new Map(JSON.parse(row.assigned) as [string, number][]),
    revoking: new Map(JSON.parse(row.revoking) as [string, number][]),
    target: new Set(JSON.parse(row.target) as string[]),
    topics: (JSON.parse(row.subscription) as { topics: string[] }).topics,
    sessionTimeoutMs: row.session_timeout_ms,
    rebalanceTimeoutMs: row.rebalance_timeout_ms,
  };
}

/** What a member holds: granted, or told to give back and not confirmed. */
export const heldBy = ({ assigned, revoking }: MemberSnapshot): ReadonlySet<string> =>
  new Set([...assigned.keys(), ...revoking.keys()]);

/** Whether a member began anew between two snapshots, holding nothing of before. */
export const isNewTenure = (before: MemberSnapshot, after: MemberSnapshot): boolean =>
  after.previousEpoch === null && after.epoch !== before.epoch;

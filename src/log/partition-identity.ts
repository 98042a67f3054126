import { failed, ok, type Result } from '../errors/result.ts';
import { createSchema } from '../platform/migrations.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { TopicConfig } from '../topics/topic-config.ts';
import { storeLeaderEpochStart } from './leader-epochs.ts';
import { PartitionLog } from './partition-log.ts';
import type { PartitionRef } from './partition-ref.ts';
import type { PartitionGrant } from './partition-rpc.ts';
import { partitionMigrations } from './partition-schema.ts';

/** The object's first row: who it is and what its topic asks of it. */
export type PartitionIdentity = {
  readonly ref: PartitionRef;
  readonly topic: string;
  readonly config: TopicConfig;
  readonly configVersion: number;
  readonly logStartOffset: number;
  readonly leaderEpoch: number;
  /** When the topic was deleted, or null while it lives. */
  readonly closedAtMs: number | null;
};

/** Keys that came later than some of what is stored: until the topic's config is changed they have their defaults. */
const laterConfig = { millraceTiering: 'true' } as const;

/** The identity of an initialized object. */
export function loadIdentity(sql: SqlStore): PartitionIdentity | null {
  type Row = {
    org_id: string;
    cluster_id: string;
    topic_id: string;
    topic: string;
    partition: number;
    config: string;
    config_version: number;
    log_start_offset: number;
    leader_epoch: number;
    closed_at_ms: number | null;
  };
  const row = sql.query<Row>('SELECT * FROM partition')[0];
  if (row === undefined) return null;
  return {
    ref: { orgId: row.org_id, clusterId: row.cluster_id, topicId: row.topic_id, partition: row.partition },
    topic: row.topic,
    config: { ...laterConfig, ...(JSON.parse(row.config) as Omit<TopicConfig, keyof typeof laterConfig>) },
    configVersion: row.config_version,
    logStartOffset: row.log_start_offset,
    leaderEpoch: row.leader_epoch,
    closedAtMs: row.closed_at_ms,
  };
}

/** Creates the object's tables and its identity, from a grant that was verified. */
export function createIdentity(sql: SqlStore, grant: PartitionGrant, nowMs: number): void {
  sql.transaction(() => {
    createSchema(sql, partitionMigrations);
    sql.run(
      'INSERT INTO partition VALUES (1, ?, ?, ?, ?, ?, ?, ?, 0, 0, NULL)',
      grant.ref.orgId,
      grant.ref.clusterId,
      grant.ref.topicId,
      grant.topic,
      grant.ref.partition,
      JSON.stringify(grant.config),
      grant.configVersion,
    );
    storeLeaderEpochStart(sql, { leaderEpoch: 0, startOffset: 0 });
    PartitionLog.create(sql, nowMs);
  });
}

/** Inside a transaction. */
export function storeConfig(sql: SqlStore, grant: PartitionGrant): void {
  sql.run('UPDATE partition SET config = ?, config_version = ?', JSON.stringify(grant.config), grant.configVersion);
}

/** Inside a transaction. The log start only moves up. */
export function storeLogStart(sql: SqlStore, logStartOffset: number): void {
  sql.run('UPDATE partition SET log_start_offset = max(log_start_offset, ?)', logStartOffset);
}

/** Inside a transaction. */
export function storeLeaderEpoch(sql: SqlStore, leaderEpoch: number): void {
  sql.run('UPDATE partition SET leader_epoch = ?', leaderEpoch);
}

export function storeClosed(sql: SqlStore, nowMs: number): void {
  sql.transaction(() => sql.run('UPDATE partition SET closed_at_ms = ?', nowMs));
}

/** Whether a call means this object: every field, since a mistake anywhere else must end here and not in a leak. */
export function checkIdentity(identity: PartitionIdentity, ref: PartitionRef): Result<null> {
  const own = identity.ref;
  const isOwn =
    own.orgId === ref.orgId &&
    own.clusterId === ref.clusterId &&
    own.topicId === ref.topicId &&
    own.partition === ref.partition;
  return isOwn ? ok(null) : failed('WRONG_OBJECT', 'this object belongs to another partition');
}

import { assert } from '../errors/assert.ts';
import { type RecentWrites, readRecent, takeReport, writeRecent } from '../history/recent-writes.ts';
import type { ClusterCaps } from '../limits/caps.ts';
import type { PartitionUpkeep } from '../log/partition-rpc.ts';
import { laterWitness, type Witness } from '../log/witness.ts';
import { createSchema } from '../platform/migrations.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { Topic } from './catalog-decisions.ts';
import type {
  ClusterRef,
  GrantedPartition,
  ListTopicsRequest,
  PartitionKey,
  PartitionReport,
  PartitionStatus,
  RaisedEpoch,
  TopicSummary,
} from './catalog-rpc.ts';
import { catalogMigrations } from './catalog-schema.ts';
import { sweepAtMs } from './sweep.ts';
import type { TopicConfigOverrides } from './topic-config.ts';
import { topicCollisionKey } from './topic-name.ts';

type TopicRow = {
  topic_id: string;
  name: string;
  partition_count: number;
  config_overrides: string;
  config_version: number;
  created_at_ms: number;
};

const topicColumns = 'topic_id, name, partition_count, config_overrides, config_version, created_at_ms';

/** Above every character of a topic's name, so that `prefix` and this bound all names which begin with the prefix. */
const afterNameCharacters = '\u007f';

/** The catalog's rows: SQL only, no decisions. Writes are called inside a transaction of the service. */
export class CatalogStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** Creates the tables and the identity of a cluster that has none. */
  createIdentity(cluster: ClusterRef, nowMs: number): void {
    createSchema(this.#sql, catalogMigrations);
    this.#sql.run("INSERT INTO cluster VALUES (1, ?, ?, ?, 0, '{}', NULL)", cluster.orgId, cluster.clusterId, nowMs);
  }

  loadIdentity(): ClusterRef {
    const [row] = this.#sql.query<{ org_id: string; cluster_id: string }>('SELECT org_id, cluster_id FROM cluster');
    assert(row !== undefined, 'an initialized catalog has an identity');
    return { orgId: row.org_id, clusterId: row.cluster_id };
  }

  /** What the organization allows the cluster to have. */
  loadCaps(): ClusterCaps {
    const [row] = this.#sql.query<{ caps: string }>('SELECT caps FROM cluster');
    return row === undefined ? {} : (JSON.parse(row.caps) as ClusterCaps);
  }

  setCaps(caps: ClusterCaps): void {
    this.#sql.run('UPDATE cluster SET caps = ?', JSON.stringify(caps));
  }

  /** Partitions of all topics that are there. */
  partitionCount(): number {
    const [row] = this.#sql.query<{ count: number | null }>(
      "SELECT SUM(partition_count) AS count FROM topic WHERE state = 'ACTIVE'",
    );
    return row?.count ?? 0;
  }

  /** Since when the cluster is being ended; null for one that is not. */
  endingSinceMs(): number | null {
    const [row] = this.#sql.query<{ since: number | null }>('SELECT ending_since_ms AS since FROM cluster');
    return row?.since ?? null;
  }

  beginEnding(nowMs: number): void {
    this.#sql.run('UPDATE cluster SET ending_since_ms = ? WHERE ending_since_ms IS NULL', nowMs);
  }

  /** Topics whose rows are there, those that are being deleted too. */
  remainingTopics(): number {
    return this.#sql.query<{ count: number }>('SELECT COUNT(*) AS count FROM topic')[0]?.count ?? 0;
  }

  /** Sets aside the next `count` producer ids for good and answers the first. */
  takeProducerIds(count: number): number {
    const [row] = this.#sql.query<{ first: number }>(
      'UPDATE cluster SET next_producer_id = next_producer_id + ? RETURNING next_producer_id - ? AS first',
      count,
      count,
    );
    assert(row !== undefined && Number.isSafeInteger(row.first + count), 'producer ids are safe integers');
    return row.first;
  }

  topicByName(name: string): Topic | null {
    return this.#topic(`SELECT ${topicColumns} FROM topic WHERE state = 'ACTIVE' AND name = ?`, name);
  }

  topicById(topicId: string): Topic | null {
    return this.#topic(`SELECT ${topicColumns} FROM topic WHERE state = 'ACTIVE' AND topic_id = ?`, topicId);
  }

  /** The name of the active topic that a new topic of this name would collide with. */
  collidingName(name: string): string | null {
    const [row] = this.#sql.query<{ name: string }>(
      "SELECT name FROM topic WHERE state = 'ACTIVE' AND collision_key = ?",
      topicCollisionKey(name),
    );
    return row?.name ?? null;
  }

  topicCount(): number {
    const [row] = this.#sql.query<{ count: number }>("SELECT COUNT(*) AS count FROM topic WHERE state = 'ACTIVE'");
    return row?.count ?? 0;
  }

  /** One topic more than the page holds tells that there is a next page. */
  topicsAfter(request: ListTopicsRequest, count: number): Topic[] {
    const rows = this.#sql.query<TopicRow>(
      `SELECT ${topicColumns} FROM topic
       WHERE state = 'ACTIVE' AND name >= ? AND name < ? AND name > ? ORDER BY name LIMIT ?`,
      request.prefix,
      `${request.prefix}${afterNameCharacters}`,
      request.after ?? '',
      count,
    );
    return rows.map(toTopic);
  }

  /** Id and size of the active topics of these names, in name order. */
  summarize(names: readonly string[]): TopicSummary[] {
    return this.#sql.query<TopicSummary>(
      `SELECT name AS topic, topic_id AS topicId, partition_count AS partitionCount FROM topic
       WHERE state = 'ACTIVE' AND name IN (SELECT value FROM json_each(?)) ORDER BY name`,
      JSON.stringify(names),
    );
  }

  insertTopic(topic: Topic): void {
    this.#sql.run(
      `INSERT INTO topic (${topicColumns}, collision_key, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'ACTIVE')`,
      topic.topicId,
      topic.name,
      topic.partitionCount,
      JSON.stringify(topic.overrides),
      topic.configVersion,
      topic.createdAtMs,
      topicCollisionKey(topic.name),
    );
  }

  updateTopic(topic: Topic): void {
    this.#sql.run(
      'UPDATE topic SET partition_count = ?, config_overrides = ?, config_version = ? WHERE topic_id = ?',
      topic.partitionCount,
      JSON.stringify(topic.overrides),
      topic.configVersion,
      topic.topicId,
    );
  }

  /** Takes the topic out of sight; its row stays until its last partition is closed. */
  markDeleting(topicId: string): void {
    this.#sql.run("UPDATE topic SET state = 'DELETING' WHERE topic_id = ?", topicId);
  }

  /** Removes a topic that is being deleted and has no granted partition left. */
  removeIfClosed(topicId: string): void {
    this.#sql.run(
      `DELETE FROM topic WHERE topic_id = ? AND state = 'DELETING'
       AND NOT EXISTS (SELECT 1 FROM granted_partition WHERE granted_partition.topic_id = topic.topic_id)`,
      topicId,
    );
  }

  /** Remembers that a partition may exist, and until when a grant could still bring it into being. */
  rememberGrant(topicId: string, partition: number, expiresAtMs: number): void {
    this.#sql.run(
      `INSERT INTO granted_partition (topic_id, partition, grant_expires_at_ms, sweep_at_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (topic_id, partition) DO UPDATE SET grant_expires_at_ms = MAX(grant_expires_at_ms, excluded.grant_expires_at_ms)`,
      topicId,
      partition,
      expiresAtMs,
      // Until then it has reported itself, unless its alarm was lost.
      expiresAtMs,
    );
  }

  forgetPartition(topicId: string, partition: number): void {
    this.#sql.run('DELETE FROM granted_partition WHERE topic_id = ? AND partition = ?', topicId, partition);
  }

  /** Keeps the newest report of a partition; one of a partition that was never granted, or is gone, is dropped. */
  storeReport(report: PartitionReport, nowMs: number): void {
    const kept = this.witness(report.topicId, report.partition);
    const witness = report.witness === undefined ? kept : laterWitness(kept, report.witness);
    const recent = this.#recentWrites(report.topicId, report.partition);
    const { written } = report;
    this.#sql.run(
      `UPDATE granted_partition SET reported_at_ms = ?, log_start_offset = ?, high_watermark = ?, local_bytes = ?,
       remote_bytes = ?, segment_count = ?, max_timestamp_ms = ?, witness_leader_epoch = ?, witness_high_watermark = ?,
       witness_crc = ?, upkeep = ?, sweep_at_ms = ?, recent_writes = ? WHERE topic_id = ? AND partition = ?`,
      nowMs,
      report.logStartOffset,
      report.highWatermark,
      report.localBytes,
      report.remoteBytes,
      report.segmentCount,
      report.maxTimestampMs,
      witness?.leaderEpoch ?? null,
      witness?.highWatermark ?? null,
      witness?.lastBatchCrc ?? null,
      JSON.stringify(report.upkeep),
      sweepAtMs(report.upkeep, nowMs),
      writeRecent(written === undefined ? recent : takeReport(recent, written, nowMs)),
      report.topicId,
      report.partition,
    );
  }

  #recentWrites(topicId: string, partition: number): RecentWrites {
    const [row] = this.#sql.query<{ recent_writes: string | null }>(
      'SELECT recent_writes FROM granted_partition WHERE topic_id = ? AND partition = ?',
      topicId,
      partition,
    );
    return readRecent(row?.recent_writes ?? null);
  }

  /** What a partition's log is held against after a start; null when it never reported. */
  witness(topicId: string, partition: number): Witness | null {
    type Row = { leaderEpoch: number | null; highWatermark: number | null; lastBatchCrc: number | null };
    const [row] = this.#sql.query<Row>(
      `SELECT witness_leader_epoch AS leaderEpoch, witness_high_watermark AS highWatermark, witness_crc AS lastBatchCrc
       FROM granted_partition WHERE topic_id = ? AND partition = ?`,
      topicId,
      partition,
    );
    if (row === undefined || row.leaderEpoch === null || row.highWatermark === null) return null;
    return { leaderEpoch: row.leaderEpoch, highWatermark: row.highWatermark, lastBatchCrc: row.lastBatchCrc };
  }

  /** Partitions in a leader epoch above 0, as they told last: mostly none, and found without looking at the others. */
  raisedEpochs(): RaisedEpoch[] {
    return this.#sql.query<RaisedEpoch>(
      `SELECT topic_id AS topicId, partition, witness_leader_epoch AS leaderEpoch
       FROM granted_partition INDEXED BY raised_leader_epoch WHERE witness_leader_epoch > 0`,
    );
  }

  /** The last report of every partition that made one, in partition order. */
  partitionStatuses(topicId: string): PartitionStatus[] {
    type Row = Omit<PartitionStatus, 'upkeep'> & { readonly upkeep: string | null };
    const rows = this.#sql.query<Row>(
      `SELECT partition, log_start_offset AS logStartOffset, high_watermark AS highWatermark, local_bytes AS localBytes,
       coalesce(remote_bytes, 0) AS remoteBytes, segment_count AS segmentCount, max_timestamp_ms AS maxTimestampMs, upkeep, reported_at_ms AS reportedAtMs
       FROM granted_partition WHERE topic_id = ? AND reported_at_ms IS NOT NULL ORDER BY partition`,
      topicId,
    );
    return rows.map((row) => ({ ...row, upkeep: parseUpkeep(row.upkeep) }));
  }

  /** Partitions that may have an object, of one topic or of all active ones, in the order of topic id and number. */
  grantedPartitions(topicId: string | null, after: PartitionKey | null, count: number): GrantedPartition[] {
    return this.#sql.query<GrantedPartition>(
      `SELECT topic.name AS topic, topic_id AS topicId, partition FROM granted_partition JOIN topic USING (topic_id)
       WHERE state = 'ACTIVE' AND (? IS NULL OR topic_id = ?) AND (topic_id, partition) > (?, ?)
       ORDER BY topic_id, partition LIMIT ?`,
      topicId,
      topicId,
      after?.topicId ?? '',
      after?.partition ?? -1,
      count,
    );
  }

  /** Partitions that are to be looked after by `nowMs`, the longest overdue first; none is given out again before `againAtMs`. */
  takeOverdue(nowMs: number, againAtMs: number, count: number): GrantedPartition[] {
    const overdue = this.#sql.query<GrantedPartition>(
      `SELECT topic.name AS topic, topic_id AS topicId, partition FROM granted_partition JOIN topic USING (topic_id)
       WHERE state = 'ACTIVE' AND sweep_at_ms <= ? ORDER BY sweep_at_ms LIMIT ?`,
      nowMs,
      count,
    );
    for (const { topicId, partition } of overdue) {
      this.#sql.run(
        'UPDATE granted_partition SET sweep_at_ms = ? WHERE topic_id = ? AND partition = ?',
        againAtMs,
        topicId,
        partition,
      );
    }
    return overdue;
  }

  #topic(statement: string, binding: string): Topic | null {
    const [row] = this.#sql.query<TopicRow>(statement, binding);
    return row === undefined ? null : toTopic(row);
  }
}

/** What version 1 reported did not have it. */
function parseUpkeep(text: string | null): PartitionUpkeep {
  const told = text === null ? {} : (JSON.parse(text) as Partial<PartitionUpkeep>);
  return { nextDueMs: null, compaction: null, damaged: [], ...told };
}

function toTopic(row: TopicRow): Topic {
  return {
    topicId: row.topic_id,
    name: row.name,
    partitionCount: row.partition_count,
    overrides: JSON.parse(row.config_overrides) as TopicConfigOverrides,
    configVersion: row.config_version,
    createdAtMs: row.created_at_ms,
  };
}

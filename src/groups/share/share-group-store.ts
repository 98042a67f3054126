import { assert } from '../../errors/assert.ts';
import { createSchema } from '../../platform/migrations.ts';
import type { SqlStore } from '../../platform/sql-store.ts';
import type { ShareGroupConfig } from './share-config.ts';
import type { ShareGroup, ShareTopic } from './share-group-rpc.ts';
import { shareGroupMigrations } from './share-group-schema.ts';
import type { ShareGroupRef } from './share-ref.ts';

export type ShareGroupRow = ShareGroup & {
  readonly ref: ShareGroupRef;
  /** When it was deleted; it is gone once its partitions are closed. Null while it lives. */
  readonly deletedAtMs: number | null;
};

/** A topic of the group; closing ones are gone, and their partitions are being told. */
export type ShareTopicRow = ShareTopic & { readonly isClosing: boolean };

/** The rows of a share group: SQL only, no decisions. Writes are called inside a transaction of the service. */
export class ShareGroupStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  create({ ref, shareGroupId, config, createdAtMs }: Omit<ShareGroupRow, 'groupId' | 'configVersion'>): void {
    createSchema(this.#sql, shareGroupMigrations);
    this.#sql.run(
      'INSERT INTO share_group VALUES (1, ?, ?, ?, ?, ?, 1, ?, NULL)',
      ref.orgId,
      ref.clusterId,
      ref.groupId,
      shareGroupId,
      JSON.stringify(config),
      createdAtMs,
    );
  }

  load(): ShareGroupRow {
    type Row = {
      org_id: string;
      cluster_id: string;
      group_id: string;
      share_group_id: string;
      config: string;
      config_version: number;
      created_at_ms: number;
      deleted_at_ms: number | null;
    };
    const [row] = this.#sql.query<Row>('SELECT * FROM share_group');
    assert(row !== undefined, 'an initialized share group has an identity');
    return {
      ref: { orgId: row.org_id, clusterId: row.cluster_id, groupId: row.group_id },
      groupId: row.group_id,
      shareGroupId: row.share_group_id,
      config: JSON.parse(row.config) as ShareGroupConfig,
      configVersion: row.config_version,
      createdAtMs: row.created_at_ms,
      deletedAtMs: row.deleted_at_ms,
    };
  }

  saveConfig(config: ShareGroupConfig, configVersion: number): void {
    this.#sql.run('UPDATE share_group SET config = ?, config_version = ?', JSON.stringify(config), configVersion);
  }

  saveDeleted(deletedAtMs: number): void {
    this.#sql.run('UPDATE share_group SET deleted_at_ms = ?', deletedAtMs);
    this.#sql.run('UPDATE share_topic SET is_closing = 1');
  }

  loadTopics(): ShareTopicRow[] {
    type Row = {
      topic_id: string;
      topic: string;
      partition_count: number;
      begun_partition_count: number;
      is_closing: number;
    };
    return this.#sql.query<Row>('SELECT * FROM share_topic ORDER BY topic').map((row) => ({
      topicId: row.topic_id,
      topic: row.topic,
      partitionCount: row.partition_count,
      begunPartitionCount: row.begun_partition_count,
      isClosing: row.is_closing === 1,
    }));
  }

  saveTopic({ topicId, topic, partitionCount, begunPartitionCount, isClosing }: ShareTopicRow): void {
    this.#sql.run(
      `INSERT INTO share_topic VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (topic_id) DO UPDATE SET partition_count = excluded.partition_count,
       begun_partition_count = excluded.begun_partition_count, is_closing = excluded.is_closing`,
      topicId,
      topic,
      partitionCount,
      begunPartitionCount,
      isClosing ? 1 : 0,
    );
  }

  deleteTopic(topicId: string): void {
    this.#sql.run('DELETE FROM share_topic WHERE topic_id = ?', topicId);
  }
}

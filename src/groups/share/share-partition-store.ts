import { assert } from '../../errors/assert.ts';
import { createSchema } from '../../platform/migrations.ts';
import type { SqlStore } from '../../platform/sql-store.ts';
import { type DeadLetterOutbox, emptyOutbox } from './dead-letter.ts';
import type { ShareGroupConfig } from './share-config.ts';
import { sharePartitionMigrations } from './share-partition-schema.ts';
import type { SharePartitionRef } from './share-ref.ts';
import type { ShareState } from './share-state.ts';
import { decodeShareState, encodeShareState } from './share-state-text.ts';

/** Who the object is, and what its group asked of it last. */
export type SharePartitionRow = {
  readonly ref: SharePartitionRef;
  readonly topic: string;
  readonly config: ShareGroupConfig;
  readonly configVersion: number;
  /** When the group or the topic went; null while both live. */
  readonly closedAtMs: number | null;
};

/** The rows of a share partition: SQL only, no decisions. Writes are called inside a transaction of the service. */
export class SharePartitionStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  create({ ref, topic, config, configVersion }: SharePartitionRow, state: ShareState): void {
    createSchema(this.#sql, sharePartitionMigrations);
    this.#sql.run(
      'INSERT INTO share_partition VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)',
      ref.orgId,
      ref.clusterId,
      ref.groupId,
      ref.shareGroupId,
      ref.topicId,
      topic,
      ref.partition,
      JSON.stringify(config),
      configVersion,
    );
    this.#sql.run('INSERT INTO share_state VALUES (1, ?)', encodeShareState(state));
    this.#sql.run('INSERT INTO dead_letter_outbox VALUES (1, ?)', JSON.stringify(emptyOutbox));
  }

  loadRow(): SharePartitionRow {
    type Row = {
      org_id: string;
      cluster_id: string;
      group_id: string;
      share_group_id: string;
      topic_id: string;
      topic: string;
      partition: number;
      config: string;
      config_version: number;
      closed_at_ms: number | null;
    };
    const [row] = this.#sql.query<Row>('SELECT * FROM share_partition');
    assert(row !== undefined, 'an initialized share partition has an identity');
    return {
      ref: {
        orgId: row.org_id,
        clusterId: row.cluster_id,
        groupId: row.group_id,
        shareGroupId: row.share_group_id,
        topicId: row.topic_id,
        partition: row.partition,
      },
      topic: row.topic,
      config: JSON.parse(row.config) as ShareGroupConfig,
      configVersion: row.config_version,
      closedAtMs: row.closed_at_ms,
    };
  }

  saveConfig(config: ShareGroupConfig, configVersion: number): void {
    this.#sql.run('UPDATE share_partition SET config = ?, config_version = ?', JSON.stringify(config), configVersion);
  }

  saveClosed(closedAtMs: number): void {
    this.#sql.run('UPDATE share_partition SET closed_at_ms = ?', closedAtMs);
  }

  loadState(): ShareState {
    const [row] = this.#sql.query<{ state: string }>('SELECT state FROM share_state');
    assert(row !== undefined, 'an initialized share partition has a state');
    return decodeShareState(row.state);
  }

  saveState(text: string): void {
    this.#sql.run('UPDATE share_state SET state = ?', text);
  }

  loadOutbox(): DeadLetterOutbox {
    const [row] = this.#sql.query<{ outbox: string }>('SELECT outbox FROM dead_letter_outbox');
    assert(row !== undefined, 'an initialized share partition has an outbox');
    return JSON.parse(row.outbox) as DeadLetterOutbox;
  }

  saveOutbox(outbox: DeadLetterOutbox): void {
    this.#sql.run('UPDATE dead_letter_outbox SET outbox = ?', JSON.stringify(outbox));
  }
}

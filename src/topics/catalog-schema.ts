import { alertTables } from '../alerts/alert-schema.ts';
import type { Migration } from '../platform/migrations.ts';

/** The tables of a cluster's object; docs/storage.md says what each column means. */
export const catalogMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE cluster (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        org_id TEXT NOT NULL,
        cluster_id TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        next_producer_id INTEGER NOT NULL
      ) STRICT`,
      `CREATE TABLE topic (
        topic_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        collision_key TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'DELETING')),
        partition_count INTEGER NOT NULL,
        config_overrides TEXT NOT NULL,
        config_version INTEGER NOT NULL,
        created_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      // A deleted topic frees its name at once, while its partitions are still being closed.
      `CREATE UNIQUE INDEX topic_by_name ON topic (name) WHERE state = 'ACTIVE'`,
      `CREATE UNIQUE INDEX topic_by_collision_key ON topic (collision_key) WHERE state = 'ACTIVE'`,
      `CREATE TABLE granted_partition (
        topic_id TEXT NOT NULL,
        partition INTEGER NOT NULL,
        grant_expires_at_ms INTEGER NOT NULL,
        reported_at_ms INTEGER,
        log_start_offset INTEGER,
        high_watermark INTEGER,
        local_bytes INTEGER,
        segment_count INTEGER,
        max_timestamp_ms INTEGER,
        PRIMARY KEY (topic_id, partition)
      ) STRICT, WITHOUT ROWID`,
      // At most one delivery a partition: a later one replaces what it overtakes.
      `CREATE TABLE outbox (
        topic_id TEXT NOT NULL,
        partition INTEGER NOT NULL,
        verb TEXT NOT NULL CHECK (verb IN ('configure', 'close')),
        config_version INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        due_at_ms INTEGER NOT NULL,
        PRIMARY KEY (topic_id, partition)
      ) STRICT, WITHOUT ROWID`,
      'CREATE INDEX outbox_by_due ON outbox (due_at_ms)',
    ],
  },
  {
    version: 2,
    statements: [
      'ALTER TABLE granted_partition ADD COLUMN remote_bytes INTEGER',
      'ALTER TABLE granted_partition ADD COLUMN upkeep TEXT',
      // Without an index: it would be one more written row a report, and reading all rows now and then costs less.
      'ALTER TABLE granted_partition ADD COLUMN sweep_at_ms INTEGER NOT NULL DEFAULT 0',
      `CREATE TABLE listed_group (
        group_id TEXT PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('consumer', 'share')),
        state TEXT NOT NULL,
        member_count INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      'ALTER TABLE granted_partition ADD COLUMN witness_leader_epoch INTEGER',
      'ALTER TABLE granted_partition ADD COLUMN witness_high_watermark INTEGER',
      'ALTER TABLE granted_partition ADD COLUMN witness_crc INTEGER',
    ],
  },
  {
    version: 3,
    statements: ['CREATE TABLE transactional_id (transactional_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID'],
  },
  {
    version: 4,
    // Without an index, as that of partitions.
    statements: ['ALTER TABLE transactional_id ADD COLUMN sweep_at_ms INTEGER NOT NULL DEFAULT 0'],
  },
  {
    version: 5,
    statements: [
      // Partial, so that reports of partitions that lost nothing write no row more.
      `CREATE INDEX raised_leader_epoch ON granted_partition (witness_leader_epoch) WHERE witness_leader_epoch > 0`,
    ],
  },
  {
    version: 6,
    statements: ['ALTER TABLE listed_group ADD COLUMN protocol TEXT'],
  },
  {
    version: 7,
    statements: [`ALTER TABLE cluster ADD COLUMN caps TEXT NOT NULL DEFAULT '{}'`],
  },
  {
    version: 8,
    statements: ['ALTER TABLE cluster ADD COLUMN ending_since_ms INTEGER'],
  },
  {
    version: 9,
    statements: [
      // In the row that a report writes anyway.
      'ALTER TABLE granted_partition ADD COLUMN recent_writes TEXT',
      `CREATE TABLE metric_series (
        subject TEXT NOT NULL CHECK (subject IN ('cluster', 'topic', 'group')),
        name TEXT NOT NULL,
        entered_to_ms INTEGER NOT NULL,
        latest TEXT NOT NULL,
        points TEXT NOT NULL,
        PRIMARY KEY (subject, name)
      ) STRICT`,
    ],
  },
  {
    version: 10,
    statements: alertTables,
  },
];

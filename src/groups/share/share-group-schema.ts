import type { Migration } from '../../platform/migrations.ts';

/** The tables of a share group's object; docs/storage.md says what each column means. */
export const shareGroupMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE share_group (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        org_id TEXT NOT NULL,
        cluster_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        share_group_id TEXT NOT NULL,
        config TEXT NOT NULL,
        config_version INTEGER NOT NULL,
        created_at_ms INTEGER NOT NULL,
        deleted_at_ms INTEGER
      ) STRICT`,
      `CREATE TABLE share_topic (
        topic_id TEXT PRIMARY KEY,
        topic TEXT NOT NULL,
        partition_count INTEGER NOT NULL,
        begun_partition_count INTEGER NOT NULL,
        is_closing INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      'CREATE TABLE timers (kind TEXT PRIMARY KEY, due_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID',
    ],
  },
];

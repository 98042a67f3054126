import type { Migration } from '../../platform/migrations.ts';

/** The tables of the object that shares a partition; docs/storage.md says what each column means. */
export const sharePartitionMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE share_partition (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        org_id TEXT NOT NULL,
        cluster_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        share_group_id TEXT NOT NULL,
        topic_id TEXT NOT NULL,
        topic TEXT NOT NULL,
        partition INTEGER NOT NULL,
        config TEXT NOT NULL,
        config_version INTEGER NOT NULL,
        closed_at_ms INTEGER
      ) STRICT`,
      // The whole window in one row: a call that changes a thousand records writes one.
      `CREATE TABLE share_state (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        state TEXT NOT NULL
      ) STRICT`,
      `CREATE TABLE dead_letter_outbox (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        outbox TEXT NOT NULL
      ) STRICT`,
      'CREATE TABLE timers (kind TEXT PRIMARY KEY, due_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID',
    ],
  },
];

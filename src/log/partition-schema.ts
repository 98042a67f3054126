import type { Migration } from '../platform/migrations.ts';

/**
 * The tables of a partition's database (docs/storage.md). Append-only: a released version is never edited. The log
 * itself lives in one more table a segment, created by segment-store.ts.
 */
export const partitionMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE partition (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        org_id TEXT NOT NULL,
        cluster_id TEXT NOT NULL,
        topic_id TEXT NOT NULL,
        topic TEXT NOT NULL,
        partition INTEGER NOT NULL,
        config TEXT NOT NULL,
        config_version INTEGER NOT NULL,
        log_start_offset INTEGER NOT NULL,
        leader_epoch INTEGER NOT NULL,
        closed_at_ms INTEGER
      ) STRICT`,
      `CREATE TABLE segments (
        base_offset INTEGER PRIMARY KEY,
        created_at_ms INTEGER NOT NULL,
        last_offset INTEGER,
        max_timestamp INTEGER,
        size_bytes INTEGER
      ) STRICT`,
      `CREATE TABLE producers (
        producer_id INTEGER PRIMARY KEY,
        producer_epoch INTEGER NOT NULL,
        batches TEXT NOT NULL,
        last_timestamp_ms INTEGER NOT NULL
      ) STRICT`,
      `CREATE TABLE idempotency (
        key_hash TEXT PRIMARY KEY,
        body_hash TEXT NOT NULL,
        ranges TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE relays (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    version: 2,
    statements: [
      'ALTER TABLE segments ADD COLUMN sealed_at_ms INTEGER',
      // Sealed when the next one was opened, as it always was.
      `UPDATE segments SET sealed_at_ms =
        (SELECT min(later.created_at_ms) FROM segments AS later WHERE later.base_offset > segments.base_offset)
        WHERE last_offset IS NOT NULL`,
      'ALTER TABLE segments ADD COLUMN last_append_ms INTEGER',
      // When version 1 last appended is not known, but nothing was appended to a sealed segment.
      'UPDATE segments SET last_append_ms = sealed_at_ms',
      'ALTER TABLE segments ADD COLUMN generation INTEGER NOT NULL DEFAULT 0',
      'ALTER TABLE segments ADD COLUMN object_key TEXT',
      'ALTER TABLE segments ADD COLUMN object_bytes INTEGER',
      'ALTER TABLE segments ADD COLUMN object_sha256 TEXT',
      // Last, so that looking through many segments does not touch the pages it spills to.
      'ALTER TABLE segments ADD COLUMN object_index BLOB',
      `CREATE TABLE jobs (kind TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID`,
      `CREATE TABLE object_tombstones (
        object_key TEXT PRIMARY KEY,
        delete_after_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE timers (kind TEXT PRIMARY KEY, due_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
      // What version 1 has sealed waits to be tiered.
      `INSERT INTO timers SELECT 'tiering', 0 WHERE EXISTS (SELECT 1 FROM segments WHERE last_offset IS NOT NULL)`,
      // And what it has stored may have expired since.
      `INSERT INTO timers SELECT 'retention', 0 WHERE EXISTS (SELECT 1 FROM segments)`,
    ],
  },
  {
    version: 3,
    statements: [
      'ALTER TABLE producers ADD COLUMN ended_transaction INTEGER NOT NULL DEFAULT 0',
      // A table of their own: at a start all that are open are read, however many producers there are.
      `CREATE TABLE open_transactions (
        producer_id INTEGER PRIMARY KEY,
        transaction_number INTEGER NOT NULL,
        first_offset INTEGER NOT NULL
      ) STRICT`,
      `CREATE TABLE aborted_transactions (
        last_offset INTEGER PRIMARY KEY,
        first_offset INTEGER NOT NULL,
        producer_id INTEGER NOT NULL,
        last_stable_offset INTEGER NOT NULL
      ) STRICT`,
    ],
  },
  {
    version: 4,
    statements: [
      'CREATE TABLE leader_epochs (leader_epoch INTEGER PRIMARY KEY, start_offset INTEGER NOT NULL) STRICT',
      // Where later ones began is not known of a log that was recovered before.
      'INSERT INTO leader_epochs SELECT 0, 0 FROM partition WHERE leader_epoch = 0',
    ],
  },
  {
    version: 5,
    statements: ['ALTER TABLE segments ADD COLUMN usage TEXT'],
  },
];

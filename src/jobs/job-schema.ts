import type { Migration } from '../platform/migrations.ts';

/** The tables of a cluster's job runner; docs/storage.md says what each column means. */
export const jobMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE job_runner (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        org_id TEXT NOT NULL,
        cluster_id TEXT NOT NULL
      ) STRICT`,
      `CREATE TABLE job (
        job_id TEXT PRIMARY KEY,
        task TEXT NOT NULL,
        is_all INTEGER NOT NULL,
        state TEXT NOT NULL,
        started_by TEXT NOT NULL,
        principal TEXT NOT NULL,
        partitions TEXT NOT NULL,
        counts TEXT NOT NULL,
        failure TEXT,
        failures INTEGER NOT NULL,
        due_at_ms INTEGER NOT NULL,
        producer TEXT,
        step TEXT,
        started_at_ms INTEGER NOT NULL,
        updated_at_ms INTEGER NOT NULL,
        ended_at_ms INTEGER
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE job_batch (
        job_id TEXT NOT NULL,
        topic_id TEXT NOT NULL,
        partition INTEGER NOT NULL,
        topic TEXT NOT NULL,
        record_count INTEGER NOT NULL,
        batches BLOB NOT NULL,
        PRIMARY KEY (job_id, topic_id, partition)
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE job_sequence (
        job_id TEXT NOT NULL,
        topic_id TEXT NOT NULL,
        partition INTEGER NOT NULL,
        next_sequence INTEGER NOT NULL,
        PRIMARY KEY (job_id, topic_id, partition)
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE redriven_partition (
        group_id TEXT NOT NULL,
        topic_id TEXT NOT NULL,
        partition INTEGER NOT NULL,
        next_offset INTEGER NOT NULL,
        PRIMARY KEY (group_id, topic_id, partition)
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE redriven_letter (
        group_id TEXT NOT NULL,
        topic_id TEXT NOT NULL,
        partition INTEGER NOT NULL,
        letter_offset INTEGER NOT NULL,
        PRIMARY KEY (group_id, topic_id, partition, letter_offset)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
];

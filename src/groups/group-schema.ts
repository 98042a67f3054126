import type { Migration } from '../platform/migrations.ts';

/** The tables of a group's object; docs/storage.md says what each column means. */
export const groupMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE consumer_group (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        org_id TEXT NOT NULL,
        cluster_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        group_epoch INTEGER NOT NULL,
        last_member_epoch INTEGER NOT NULL,
        empty_since_ms INTEGER,
        unheard_since_ms INTEGER
      ) STRICT`,
      `CREATE TABLE topic (
        topic_id TEXT PRIMARY KEY,
        topic TEXT NOT NULL,
        partition_count INTEGER NOT NULL,
        first_partition_count INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE member (
        member_id TEXT PRIMARY KEY,
        instance_id TEXT,
        client_id TEXT NOT NULL,
        relay TEXT,
        subscription TEXT NOT NULL,
        assignor TEXT,
        session_timeout_ms INTEGER NOT NULL,
        rebalance_timeout_ms INTEGER NOT NULL,
        member_epoch INTEGER NOT NULL,
        previous_epoch INTEGER,
        assigned TEXT NOT NULL,
        revoking TEXT NOT NULL,
        target TEXT NOT NULL,
        is_away INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      // No index beside the key: a commit is billed by the row, and an index would double it.
      `CREATE TABLE committed_offset (
        topic_id TEXT NOT NULL,
        partition INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        leader_epoch INTEGER NOT NULL,
        metadata TEXT NOT NULL,
        committed_at_ms INTEGER NOT NULL,
        PRIMARY KEY (topic_id, partition)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    version: 2,
    statements: [
      `CREATE TABLE consumer_instance (
        name TEXT PRIMARY KEY,
        config TEXT NOT NULL,
        subscription TEXT,
        assignment TEXT,
        positions TEXT NOT NULL,
        version INTEGER NOT NULL,
        last_used_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    version: 3,
    statements: [
      `CREATE TABLE pending_offset (
        producer_id INTEGER NOT NULL,
        topic_id TEXT NOT NULL,
        partition INTEGER NOT NULL,
        topic TEXT NOT NULL,
        transaction_number INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        leader_epoch INTEGER NOT NULL,
        metadata TEXT NOT NULL,
        PRIMARY KEY (producer_id, topic_id, partition)
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE transaction_producer (
        producer_id INTEGER PRIMARY KEY,
        producer_epoch INTEGER NOT NULL,
        ended_transaction INTEGER NOT NULL,
        updated_at_ms INTEGER NOT NULL
      ) STRICT`,
    ],
  },
  {
    version: 4,
    statements: [
      `CREATE TABLE classic_group (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        phase TEXT NOT NULL,
        generation_id INTEGER NOT NULL,
        protocol_type TEXT,
        protocol_name TEXT,
        leader_id TEXT
      ) STRICT`,
      `CREATE TABLE classic_member (
        member_id TEXT PRIMARY KEY,
        instance_id TEXT,
        client_id TEXT NOT NULL,
        session_timeout_ms INTEGER NOT NULL,
        rebalance_timeout_ms INTEGER NOT NULL,
        assignment BLOB NOT NULL,
        joined INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE classic_protocol (
        member_id TEXT NOT NULL,
        preference INTEGER NOT NULL,
        name TEXT NOT NULL,
        metadata BLOB NOT NULL,
        PRIMARY KEY (member_id, preference)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    version: 5,
    statements: [
      `CREATE TABLE offset_reset (
        reset_id INTEGER PRIMARY KEY,
        reset_at_ms INTEGER NOT NULL,
        undoes INTEGER,
        changes TEXT NOT NULL
      ) STRICT`,
    ],
  },
];

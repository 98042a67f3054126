import type { Migration } from '../platform/migrations.ts';

/** The tables of an organization's object; docs/storage.md says what each column means. */
export const organizationMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE organization (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        org_id TEXT NOT NULL,
        name TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'DELETING')),
        epoch INTEGER NOT NULL,
        cors_origins TEXT NOT NULL,
        quotas TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL
      ) STRICT`,
      `CREATE TABLE cluster (
        cluster_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'DELETING')),
        created_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE api_key (
        key_id TEXT PRIMARY KEY,
        cluster_id TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT,
        scopes TEXT NOT NULL,
        created_by TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER,
        revoked_at_ms INTEGER,
        last_used_at_ms INTEGER
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE api_key_secret (
        key_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        digest TEXT NOT NULL,
        last4 TEXT NOT NULL,
        scram TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER,
        PRIMARY KEY (key_id, number)
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE acl (
        cluster_id TEXT NOT NULL,
        principal TEXT NOT NULL,
        host TEXT NOT NULL,
        operation TEXT NOT NULL,
        permission TEXT NOT NULL,
        resource_type TEXT NOT NULL,
        resource_name TEXT NOT NULL,
        pattern_type TEXT NOT NULL,
        PRIMARY KEY (
          cluster_id, principal, host, operation, permission, resource_type, resource_name, pattern_type
        )
      ) STRICT, WITHOUT ROWID`,
      // At most one errand of a kind to a target: a later one replaces what it overtakes.
      `CREATE TABLE outbox (
        kind TEXT NOT NULL,
        target TEXT NOT NULL,
        version INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        due_at_ms INTEGER NOT NULL,
        PRIMARY KEY (kind, target)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    version: 2,
    statements: [
      `CREATE TABLE audit_entry (
        sequence INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        principal TEXT,
        host TEXT,
        action TEXT NOT NULL,
        resource TEXT NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('done', 'attempted', 'refused')),
        count INTEGER NOT NULL,
        previous_hash TEXT NOT NULL,
        hash TEXT NOT NULL
      ) STRICT`,
    ],
  },
  {
    version: 3,
    statements: [
      `CREATE TABLE signing_secret (
        signing_secret_id TEXT PRIMARY KEY,
        key_id TEXT NOT NULL,
        name TEXT NOT NULL,
        sealed TEXT NOT NULL,
        created_by TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        revoked_at_ms INTEGER
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    version: 4,
    statements: [
      `CREATE TABLE member (
        member_id TEXT PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL,
        invited_by TEXT NOT NULL,
        invited_at_ms INTEGER NOT NULL,
        issuer TEXT,
        subject TEXT,
        joined_at_ms INTEGER,
        last_seen_at_ms INTEGER
      ) STRICT, WITHOUT ROWID`,
      'CREATE UNIQUE INDEX member_by_subject ON member (issuer, subject)',
      `CREATE TABLE issuer (
        issuer TEXT NOT NULL,
        audience TEXT NOT NULL,
        keys_url TEXT NOT NULL,
        algorithms TEXT NOT NULL,
        has_checked_emails INTEGER NOT NULL,
        PRIMARY KEY (issuer, audience)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    version: 5,
    statements: [
      `CREATE TABLE socket_holder (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        since_ms INTEGER NOT NULL,
        PRIMARY KEY (kind, name)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    version: 6,
    statements: [
      `CREATE TABLE usage_partition (
        cluster_id TEXT NOT NULL,
        topic_id TEXT NOT NULL,
        partition INTEGER NOT NULL,
        topic TEXT NOT NULL,
        last_period INTEGER NOT NULL,
        entered TEXT NOT NULL,
        local_bytes INTEGER NOT NULL,
        remote_bytes INTEGER NOT NULL,
        reported_at_ms INTEGER NOT NULL,
        PRIMARY KEY (cluster_id, topic_id, partition)
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE usage_day (
        day INTEGER NOT NULL,
        cluster_id TEXT NOT NULL,
        topic TEXT NOT NULL,
        key_id TEXT NOT NULL,
        records_in INTEGER NOT NULL,
        bytes_in INTEGER NOT NULL,
        records_out INTEGER NOT NULL,
        bytes_out INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        connection_ms INTEGER NOT NULL,
        object_requests INTEGER NOT NULL,
        rows_read INTEGER NOT NULL,
        rows_written INTEGER NOT NULL,
        class_a INTEGER NOT NULL,
        class_b INTEGER NOT NULL,
        local_byte_hours REAL NOT NULL,
        remote_byte_hours REAL NOT NULL,
        PRIMARY KEY (day, cluster_id, topic, key_id)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    version: 7,
    statements: [
      `CREATE TABLE budget (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        monthly_dollars REAL,
        monthly_bytes INTEGER,
        warn_percent REAL NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('within', 'warned', 'stopped')),
        first_day INTEGER NOT NULL
      ) STRICT`,
    ],
  },
  {
    version: 8,
    statements: ['ALTER TABLE cluster ADD COLUMN remains TEXT'],
  },
  {
    version: 9,
    statements: [
      `CREATE TABLE usage_edge (
        reporter TEXT PRIMARY KEY,
        number INTEGER NOT NULL,
        reported_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    version: 10,
    statements: [
      "ALTER TABLE organization ADD COLUMN operator_quotas TEXT NOT NULL DEFAULT '{}'",
      'ALTER TABLE organization ADD COLUMN is_storage_full INTEGER NOT NULL DEFAULT 0',
    ],
  },
];

import type { Migration } from '../platform/migrations.ts';

/** The tables of the directory; docs/storage.md says what each column means. */
export const directoryMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE listed_organization (
        org_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        created_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      `CREATE TABLE listed_cluster (
        cluster_id TEXT PRIMARY KEY,
        org_id TEXT NOT NULL
      ) STRICT, WITHOUT ROWID`,
      'CREATE INDEX listed_cluster_by_organization ON listed_cluster (org_id)',
    ],
  },
  {
    version: 2,
    statements: [
      `CREATE TABLE claimed_issuer (
        issuer TEXT NOT NULL,
        audience TEXT NOT NULL,
        org_id TEXT NOT NULL,
        settings TEXT NOT NULL,
        PRIMARY KEY (issuer, audience)
      ) STRICT, WITHOUT ROWID`,
    ],
  },
  {
    version: 3,
    statements: [
      `CREATE TABLE signup (
        org_id TEXT PRIMARY KEY,
        cluster_id TEXT NOT NULL,
        invitation TEXT UNIQUE,
        source TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        is_founded INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      'CREATE INDEX signup_by_time ON signup (at_ms)',
    ],
  },
];

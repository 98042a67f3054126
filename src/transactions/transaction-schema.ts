import type { Migration } from '../platform/migrations.ts';

/** The tables of a transaction coordinator's object; docs/storage.md says what each column means. */
export const transactionMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      // One row for everything, so that each step of a transaction is one written row.
      `CREATE TABLE transaction_coordinator (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        org_id TEXT NOT NULL,
        cluster_id TEXT NOT NULL,
        transactional_id TEXT NOT NULL,
        phase TEXT NOT NULL,
        producer_id INTEGER NOT NULL,
        producer_epoch INTEGER NOT NULL,
        timeout_ms INTEGER NOT NULL,
        transaction_number INTEGER NOT NULL,
        partitions TEXT NOT NULL,
        group_ids TEXT NOT NULL,
        started_at_ms INTEGER,
        updated_at_ms INTEGER NOT NULL,
        prepared TEXT,
        last_end TEXT,
        bumped_from TEXT
      ) STRICT`,
    ],
  },
];

/**
 * The tables of alerts, which a migration of the catalog makes: they are as they were released, and changed by another
 * one only. docs/storage.md says what each column means.
 */
export const alertTables: readonly string[] = [
  `CREATE TABLE alert_rule (
    alert_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    condition TEXT NOT NULL,
    repeat_ms INTEGER,
    webhook_url TEXT NOT NULL,
    sealed_secret TEXT NOT NULL,
    previous_sealed_secret TEXT,
    previous_secret_until_ms INTEGER,
    muted_until_ms INTEGER,
    created_by TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE alert_state (
    alert_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'firing')),
    since_ms INTEGER NOT NULL,
    clear_since_ms INTEGER,
    notified_at_ms INTEGER,
    value REAL NOT NULL,
    PRIMARY KEY (alert_id, subject)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE alert_event (
    event_id INTEGER PRIMARY KEY,
    alert_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('firing', 'resolved')),
    value REAL NOT NULL
  ) STRICT`,
  `CREATE TABLE webhook_delivery (
    sequence INTEGER PRIMARY KEY,
    delivery_id TEXT NOT NULL UNIQUE,
    alert_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('firing', 'repeated', 'resolved', 'test')),
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts INTEGER NOT NULL,
    due_at_ms INTEGER,
    settled_at_ms INTEGER,
    status INTEGER,
    error TEXT
  ) STRICT`,
  'CREATE INDEX webhook_delivery_by_due ON webhook_delivery (due_at_ms) WHERE due_at_ms IS NOT NULL',
];

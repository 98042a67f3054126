import { assert } from '../errors/assert.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import type { SqlStore } from './sql-store.ts';

/** One step of an object's schema. Released steps are never edited, reordered or removed: new ones are appended. */
export type Migration = {
  /** 1, 2, 3, ... without holes. */
  readonly version: number;
  /** One statement each, run in order in one transaction. */
  readonly statements: readonly string[];
};

/** Whether the object has ever been given an identity. Reads only: an object that has none stays without a table. */
export function isInitialized(store: SqlStore): boolean {
  return (
    store.query("SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'").length > 0
  );
}

/**
 * Opens what is stored, as an object's constructor does: brings an initialized object to the newest schema, and leaves
 * an empty one empty. Answers whether the object is initialized; NEWER_SCHEMA, with nothing changed, when the data was
 * written by a newer version of the platform.
 */
export function openSchema(store: SqlStore, migrations: readonly Migration[]): Result<boolean> {
  assertAppendOnly(migrations);
  if (!isInitialized(store)) return ok(false);
  const stored = storedVersion(store);
  const newest = newestVersion(migrations);
  if (stored > newest) {
    return failed(
      'NEWER_SCHEMA',
      `The stored data has schema version ${stored}, this version of Millrace knows versions up to ${newest}. Run the version that wrote the data, or a newer one.`,
      { stored_version: stored, known_version: newest },
    );
  }
  if (stored < newest) store.transaction(() => applyAbove(store, migrations, stored));
  return ok(true);
}

/**
 * Creates the newest schema in an empty object. Called inside the transaction that also stores the object's identity,
 * so that there is never a schema without an identity.
 */
export function createSchema(store: SqlStore, migrations: readonly Migration[]): void {
  assertAppendOnly(migrations);
  assert(!isInitialized(store), 'a schema is created once');
  store.run('CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT');
  applyAbove(store, migrations, 0);
}

function applyAbove(store: SqlStore, migrations: readonly Migration[], stored: number): void {
  for (const migration of migrations) {
    if (migration.version <= stored) continue;
    for (const statement of migration.statements) store.run(statement);
    store.run('INSERT INTO schema_version (version) VALUES (?)', migration.version);
  }
}

function storedVersion(store: SqlStore): number {
  const [row] = store.query<{ version: number | null }>('SELECT MAX(version) AS version FROM schema_version');
  assert(typeof row?.version === 'number', 'schema_version has a row from the moment it exists');
  return row.version;
}

function newestVersion(migrations: readonly Migration[]): number {
  return migrations.length;
}

function assertAppendOnly(migrations: readonly Migration[]): void {
  assert(migrations.length > 0, 'a schema has at least one migration');
  migrations.forEach((migration, index) => {
    assert(
      migration.version === index + 1,
      `migration versions count from 1 without holes, found ${migration.version} at place ${index + 1}`,
    );
  });
}

import { describe, expect, it } from 'vitest';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import { createSchema, isInitialized, type Migration, openSchema } from '../../src/platform/migrations.ts';

const first: Migration = {
  version: 1,
  statements: ['CREATE TABLE a (id INTEGER PRIMARY KEY)', 'INSERT INTO a VALUES (1)'],
};
const second: Migration = {
  version: 2,
  statements: ['ALTER TABLE a ADD COLUMN label TEXT', "UPDATE a SET label = 'old'"],
};
const tablesOf = (store: NodeSqlStore): string[] =>
  store.query<{ name: string }>('SELECT name FROM sqlite_master ORDER BY name').map((row) => row.name);

describe('migrations', () => {
  it('leaves an object that was never initialized without a table', () => {
    const store = new NodeSqlStore();
    expect(openSchema(store, [first])).toEqual({ ok: true, value: false });
    expect(isInitialized(store)).toBe(false);
    expect(tablesOf(store)).toEqual([]);
  });

  it('creates the schema with the caller, or not at all', () => {
    const store = new NodeSqlStore();
    const attempt = (): void =>
      store.transaction(() => {
        createSchema(store, [first]);
        throw new Error('no identity');
      });
    expect(attempt).toThrow('no identity');
    expect(tablesOf(store)).toEqual([]);
    store.transaction(() => createSchema(store, [first]));
    expect(isInitialized(store)).toBe(true);
    expect(tablesOf(store)).toEqual(['a', 'schema_version']);
  });

  it('runs each step once, in order', () => {
    const store = new NodeSqlStore();
    store.transaction(() => createSchema(store, [first]));
    expect(openSchema(store, [first, second])).toEqual({ ok: true, value: true });
    expect(openSchema(store, [first, second])).toEqual({ ok: true, value: true });
    expect(store.query('SELECT id, label FROM a')).toEqual([{ id: 1, label: 'old' }]);
    expect(store.query('SELECT version FROM schema_version')).toEqual([{ version: 1 }, { version: 2 }]);
  });

  it('refuses data of a newer version and changes nothing', () => {
    const store = new NodeSqlStore();
    store.transaction(() => createSchema(store, [first, second]));
    expect(openSchema(store, [first])).toMatchObject({
      ok: false,
      error: { code: 'NEWER_SCHEMA', detail: { stored_version: 2, known_version: 1 } },
    });
    expect(store.query('SELECT version FROM schema_version')).toHaveLength(2);
  });

  it('undoes a migration whose second statement fails', () => {
    const store = new NodeSqlStore();
    store.transaction(() => createSchema(store, [first]));
    const broken: Migration = {
      version: 2,
      statements: ['CREATE TABLE b (id INTEGER PRIMARY KEY)', 'INSERT INTO missing VALUES (1)'],
    };
    expect(() => openSchema(store, [first, broken])).toThrow(/missing/);
    expect(tablesOf(store)).toEqual(['a', 'schema_version']);
  });

  it('asserts that versions count from 1 without holes', () => {
    const store = new NodeSqlStore();
    expect(() => openSchema(store, [second])).toThrow(/versions count/);
  });
});

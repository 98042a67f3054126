import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import { describeSqlStoreContract } from './sql-store-contract.ts';

describeSqlStoreContract('node:sqlite', async (body) => {
  const store = new NodeSqlStore();
  try {
    await body(store);
  } finally {
    store.close();
  }
});

describe('NodeSqlStore', () => {
  it('refuses two statements in one call, named and numbered parameters', () => {
    const store = new NodeSqlStore();
    expect(() => store.query('SELECT 1; SELECT 2')).toThrow(/one statement/);
    expect(() => store.query('SELECT ?1', 1)).toThrow(/question marks/);
    expect(() => store.query('SELECT :name', 1)).toThrow(/question marks/);
    expect(store.query("SELECT '?;:a' AS text, ? AS bound -- what? :no\n;", 'b')).toEqual([
      { text: '?;:a', bound: 'b' },
    ]);
    store.close();
  });

  it('refuses all further work after a critical error, and finds the committed data when opened anew', () => {
    const folder = mkdtempSync(join(tmpdir(), 'node-sql-store-'));
    try {
      const store = new NodeSqlStore(join(folder, 'data.sqlite'));
      store.run('CREATE TABLE item (bytes BLOB)');
      store.transaction(() => store.run('INSERT INTO item VALUES (?)', Uint8Array.of(1)));
      store.query('PRAGMA max_page_count = 8');
      const overfill = (): void =>
        store.transaction(() => store.run('INSERT INTO item VALUES (?)', new Uint8Array(1_000_000)));
      expect(overfill).toThrow(/full/);
      expect(() => store.query('SELECT 1 AS one')).toThrow(/critical error/);
      expect(() => store.transaction(() => null)).toThrow(/critical error/);
      store.close();
      const reopened = new NodeSqlStore(join(folder, 'data.sqlite'));
      expect(reopened.query('SELECT bytes FROM item')).toEqual([{ bytes: Uint8Array.of(1) }]);
      reopened.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('forgets prepared statements instead of keeping every one', () => {
    const store = new NodeSqlStore();
    for (let index = 0; index < 1_000; index += 1) {
      expect(store.query(`SELECT ${index} AS number`)).toEqual([{ number: index }]);
    }
    store.close();
  });
});

import { describe, expect, it } from 'vitest';
import type { SqlStore, SqlValue } from '../../src/platform/sql-store.ts';

/** Runs `body` with an empty store. */
export type WithStore = (body: (store: SqlStore) => void | Promise<void>) => Promise<void>;

/** What every {@link SqlStore} does alike; each engine's test file registers it with its own stores. */
export function describeSqlStoreContract(engine: string, withStore: WithStore): void {
  describe(`SqlStore over ${engine}: values`, () => describeValues(withStore));
  describe(`SqlStore over ${engine}: transactions`, () => describeTransactions(withStore));
  describe(`SqlStore over ${engine}: tables and size`, () => describeTables(withStore));
}

const createItems = 'CREATE TABLE item (id INTEGER PRIMARY KEY, label TEXT, bytes BLOB, weight REAL) STRICT';
const insertItem = 'INSERT INTO item (id, label, bytes, weight) VALUES (?, ?, ?, ?)';

function idsOf(store: SqlStore): number[] {
  return store.query<{ id: number }>('SELECT id FROM item ORDER BY id').map((row) => row.id);
}

function describeValues(withStore: WithStore): void {
  it('gives back what was bound: null, numbers, text, bytes', () =>
    withStore((store) => {
      store.run(createItems);
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      store.run(insertItem, Number.MAX_SAFE_INTEGER, 'naïve 😀 \u0000 end', bytes, -0.5);
      store.run(insertItem, 0, null, null, null);
      expect(store.query('SELECT * FROM item ORDER BY id')).toEqual([
        { id: 0, label: null, bytes: null, weight: null },
        { id: Number.MAX_SAFE_INTEGER, label: 'naïve 😀 \u0000 end', bytes, weight: -0.5 },
      ]);
      const [row] = store.query<{ bytes: Uint8Array }>('SELECT bytes FROM item WHERE id > ?', 0);
      expect(row?.bytes).toBeInstanceOf(Uint8Array);
    }));

  it('binds only the window of a subarray', () =>
    withStore((store) => {
      store.run(createItems);
      store.run(insertItem, 1, '', Uint8Array.of(9, 1, 2, 9).subarray(1, 3), 0);
      expect(store.query('SELECT bytes, label FROM item')).toEqual([{ bytes: Uint8Array.of(1, 2), label: '' }]);
    }));

  it('tells an empty blob from NULL', () =>
    withStore((store) => {
      store.run(createItems);
      store.run(insertItem, 1, null, new Uint8Array(0), null);
      expect(store.query('SELECT bytes FROM item')).toEqual([{ bytes: new Uint8Array(0) }]);
    }));

  it('keeps a blob of 1.9 MB', () =>
    withStore((store) => {
      store.run(createItems);
      const bytes = new Uint8Array(1_900_000).fill(7);
      store.run(insertItem, 1, null, bytes, null);
      const [row] = store.query<{ bytes: Uint8Array }>('SELECT bytes FROM item');
      expect(row?.bytes.byteLength).toBe(1_900_000);
      expect(row?.bytes.every((byte) => byte === 7)).toBe(true);
    }));

  it('refuses values that the engines bind differently', () =>
    withStore((store) => {
      store.run(createItems);
      const refused: unknown[] = [undefined, true, 1n, Number.NaN, Number.POSITIVE_INFINITY, new ArrayBuffer(1), {}];
      for (const value of refused) {
        expect(() => store.run('INSERT INTO item (id, label) VALUES (?, ?)', 1, value as SqlValue)).toThrow(
          /binding 2/,
        );
      }
      expect(idsOf(store)).toEqual([]);
    }));

  it('refuses too few and too many bindings', () =>
    withStore((store) => {
      store.run(createItems);
      expect(() => store.run('INSERT INTO item (id, label) VALUES (?, ?)', 1)).toThrow();
      expect(() => store.run('INSERT INTO item (id) VALUES (?)', 1, 2)).toThrow();
      expect(idsOf(store)).toEqual([]);
    }));

  it('returns the rows of INSERT ... RETURNING', () =>
    withStore((store) => {
      store.run(createItems);
      expect(store.query(`${insertItem} RETURNING id`, 4, 'a', null, null)).toEqual([{ id: 4 }]);
    }));
}

function describeTransactions(withStore: WithStore): void {
  it('undoes everything when the body throws, tables included', () =>
    withStore((store) => {
      store.run(createItems);
      store.transaction(() => store.run(insertItem, 1, null, null, null));
      const attempt = (): void =>
        store.transaction(() => {
          store.run(insertItem, 2, null, null, null);
          store.run('CREATE TABLE extra (id INTEGER PRIMARY KEY)');
          store.run('DROP TABLE item');
          throw new Error('changed my mind');
        });
      expect(attempt).toThrow('changed my mind');
      expect(idsOf(store)).toEqual([1]);
      expect(store.query("SELECT name FROM sqlite_master WHERE name = 'extra'")).toEqual([]);
    }));

  it('undoes only the inner one when a nested body throws and the outer one goes on', () =>
    withStore((store) => {
      store.run(createItems);
      const answer = store.transaction(() => {
        store.run(insertItem, 60, null, null, null);
        expect(() =>
          store.transaction(() => {
            store.run(insertItem, 61, null, null, null);
            throw new Error('inner');
          }),
        ).toThrow('inner');
        store.run(insertItem, 62, null, null, null);
        return store.transaction(() => 'done');
      });
      expect(answer).toBe('done');
      expect(idsOf(store)).toEqual([60, 62]);
    }));

  it('goes on after a broken constraint that was caught', () =>
    withStore((store) => {
      store.run(createItems);
      store.transaction(() => {
        store.run(insertItem, 1, null, null, null);
        expect(() => store.run(insertItem, 1, null, null, null)).toThrow();
        store.run(insertItem, 2, null, null, null);
      });
      expect(idsOf(store)).toEqual([1, 2]);
    }));

  it('refuses a body that returns a promise and undoes what it wrote', () =>
    withStore((store) => {
      store.run(createItems);
      const attempt = (): Promise<void> =>
        store.transaction(() => {
          store.run(insertItem, 1, null, null, null);
          return Promise.resolve();
        });
      expect(attempt).toThrow(/promise/);
      expect(idsOf(store)).toEqual([]);
      store.transaction(() => store.run(insertItem, 2, null, null, null));
      expect(idsOf(store)).toEqual([2]);
    }));
}

function describeTables(withStore: WithStore): void {
  it('drops a table that was just read from, and prepares statements anew for its successor', () =>
    withStore((store) => {
      store.run(createItems);
      store.run(insertItem, 1, 'a', null, null);
      expect(store.query('SELECT * FROM item LIMIT 1')).toHaveLength(1);
      store.transaction(() => {
        store.run('DROP TABLE item');
        store.run('CREATE TABLE item (id INTEGER PRIMARY KEY, other TEXT) STRICT');
      });
      expect(store.query('SELECT * FROM item LIMIT 1')).toEqual([]);
    }));

  it('grows with what is stored and shrinks when a table goes', () =>
    withStore((store) => {
      store.run(createItems);
      const empty = store.sizeBytes();
      store.transaction(() => {
        for (let id = 0; id < 16; id += 1) store.run(insertItem, id, null, new Uint8Array(65_536), null);
      });
      const full = store.sizeBytes();
      expect(full - empty).toBeGreaterThanOrEqual(16 * 65_536);
      store.run('DROP TABLE item');
      expect(store.sizeBytes()).toBeLessThanOrEqual(empty);
    }));

  it('is empty and usable after deleteAll', () =>
    withStore(async (store) => {
      store.run(createItems);
      store.run(insertItem, 1, null, null, null);
      await store.deleteAll();
      expect(store.query("SELECT name FROM sqlite_master WHERE name = 'item'")).toEqual([]);
      store.run(createItems);
      expect(idsOf(store)).toEqual([]);
    }));
}

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { DurableAlarm } from '../../src/platform/cloudflare/durable-alarm.ts';
import { DurableSqlStore } from '../../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../../src/platform/cloudflare/env.ts';
import { describeSqlStoreContract } from '../platform/sql-store-contract.ts';

const { CLUSTER } = env as unknown as Env;

/** Runs `body` in an object that nothing else uses. */
function inFreshObject(body: (state: DurableObjectState) => void | Promise<void>): Promise<void> {
  return runInDurableObject(CLUSTER.get(CLUSTER.newUniqueId()), (_instance, state) => body(state));
}

describeSqlStoreContract('ctx.storage', (body) => inFreshObject((state) => body(new DurableSqlStore(state.storage))));

describe('DurableSqlStore', () => {
  it('counts the rows that are billed', () =>
    inFreshObject((state) => {
      const store = new DurableSqlStore(state.storage);
      store.run('CREATE TABLE item (id INTEGER PRIMARY KEY) STRICT');
      const before = store.billedRows();
      store.transaction(() => {
        for (let id = 0; id < 10; id += 1) store.run('INSERT INTO item (id) VALUES (?)', id);
      });
      const written = store.billedRows();
      store.query('SELECT id FROM item');
      expect(written.written - before.written).toBe(10);
      expect(store.billedRows().read - written.read).toBe(10);
    }));
});

describe('DurableAlarm', () => {
  it('keeps an earlier alarm, replaces a later one, and brings one that is overdue back at once', () =>
    inFreshObject(async (state) => {
      const startMs = Date.now() + 3_600_000;
      const clock = { nowMs: () => startMs };
      const alarm = new DurableAlarm(state.storage, clock);
      await alarm.armBy(startMs + 2_000);
      await alarm.armBy(startMs + 5_000);
      expect(await state.storage.getAlarm()).toBe(startMs + 2_000);
      await alarm.armBy(startMs + 1_000);
      expect(await state.storage.getAlarm()).toBe(startMs + 1_000);
      await new DurableAlarm(state.storage, { nowMs: () => startMs + 120_000 }).armBy(startMs + 130_000);
      expect(await state.storage.getAlarm()).toBe(startMs + 120_000);
      await state.storage.deleteAlarm();
    }));
});

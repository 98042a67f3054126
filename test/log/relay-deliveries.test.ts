import { describe, expect, it } from 'vitest';
import { ok } from '../../src/errors/result.ts';
import type { Delivery, DeliveryReply } from '../../src/log/partition-rpc.ts';
import { RelayDeliveries } from '../../src/log/relay-deliveries.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';

const ref = { orgId: 'local', clusterId: 'local', topicId: '0198f1d2-5b3c-7a10-8e4f-0123456789ab', partition: 0 };

/** Deliveries of a log whose end the test moves, to a relay that answers when the test says so. */
function createDeliveries() {
  const sql = new NodeSqlStore();
  sql.transaction(() => sql.run('CREATE TABLE relays (name TEXT PRIMARY KEY)'));
  const failures: number[] = [];
  const calls: { delivery: Delivery; answer: (reply: DeliveryReply) => void; fail: () => void }[] = [];
  const log = {
    nextOffset: 0,
    read: (_: number, __: number) => ok({ batches: new Uint8Array(1), nextOffset: log.nextOffset }),
  };
  const deliveries = new RelayDeliveries({
    sql,
    source: log,
    ref,
    onFailure: () => failures.push(calls.length),
    caller: {
      deliver: (_relay, delivery) =>
        new Promise((resolve, reject) =>
          calls.push({ delivery, answer: resolve, fail: () => reject(new Error('reset')) }),
        ),
    },
  });
  deliveries.register('relay');
  return { deliveries, calls, failures, log, sql };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('deliveries to a relay', () => {
  it('are not promised from memory: the present instance may have forgotten a relay that a replaced one knows', () => {
    const { deliveries, sql } = createDeliveries();
    expect(deliveries.register('relay')).toBe(true);
    sql.close();
    expect(() => deliveries.register('relay')).toThrow();
  });

  it('announce the end once more when a call was under way, which cannot have known', async () => {
    const { deliveries, calls, log } = createDeliveries();
    log.nextOffset = 3;
    deliveries.deliver();
    deliveries.announce();
    expect(calls).toHaveLength(1);
    calls[0]?.answer({ subscribed: true });
    await settle();
    expect(calls.map(({ delivery }) => [delivery.from, delivery.to])).toEqual([
      [0, 3],
      [3, 3],
    ]);
    calls[1]?.answer({ subscribed: true });
    await settle();
    deliveries.deliver();
    expect(calls).toHaveLength(2);
  });

  it('announce the end after the news that came meanwhile, since only an empty range makes a relay look again', async () => {
    const { deliveries, calls, log } = createDeliveries();
    log.nextOffset = 3;
    deliveries.deliver();
    log.nextOffset = 5;
    deliveries.announce();
    for (let call = 0; call < 3; call += 1) {
      calls[call]?.answer({ subscribed: true });
      await settle();
    }
    expect(calls.map(({ delivery }) => [delivery.from, delivery.to])).toEqual([
      [0, 3],
      [3, 5],
      [5, 5],
    ]);
  });

  it('of a log that ended are announcements alone: its rows may be gone', async () => {
    const { deliveries, calls, log } = createDeliveries();
    log.nextOffset = 3;
    deliveries.announceEnd();
    expect(calls.map(({ delivery }) => [delivery.from, delivery.to, delivery.batches])).toEqual([[3, 3, null]]);
  });

  it('are owed until a call went through', async () => {
    const { deliveries, calls, failures } = createDeliveries();
    deliveries.announce();
    calls[0]?.fail();
    await settle();
    expect(failures).toEqual([1]);
    deliveries.deliver();
    calls[1]?.answer({ subscribed: true });
    await settle();
    deliveries.deliver();
    expect(calls).toHaveLength(2);
    expect(failures).toEqual([1]);
  });

  it('stay on for a relay that registered while it was answering that nobody is there', async () => {
    const { deliveries, calls, log } = createDeliveries();
    log.nextOffset = 1;
    deliveries.deliver();
    deliveries.register('relay');
    calls[0]?.answer({ subscribed: false });
    await settle();
    expect(deliveries.hasRelays).toBe(true);
    log.nextOffset = 2;
    deliveries.deliver();
    calls[1]?.answer({ subscribed: false });
    await settle();
    expect(deliveries.hasRelays).toBe(false);
  });
});

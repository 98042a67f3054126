import { describe, expect, test } from 'vitest';
import { grantLifetimeMs } from '../../src/log/partition-grant.ts';
import { PartitionHarness, RecordingSocket, settled, testRef, unwrap, valuesOf } from '../support/partition-harness.ts';

describe('identity', () => {
  test('[I-0a] an object without an identity refuses every verb and writes nothing', async () => {
    const partition = new PartitionHarness();
    expect(await partition.appendValues('a')).toMatchObject({ error: { code: 'GRANT_REQUIRED' } });
    expect(await partition.read('earliest')).toMatchObject({ error: { code: 'GRANT_REQUIRED' } });
    expect(unwrap(await partition.service.close(testRef))).toEqual({ isPurged: true });
    await partition.service.runDue();
    expect(partition.store.query('SELECT name FROM sqlite_master')).toEqual([]);
  });

  test('an instance that was replaced before the partition began does not say that nothing is left of it', async () => {
    const partition = new PartitionHarness();
    let isReplaced = false;
    partition.wrapPorts = (ports) => ({
      ...ports,
      sql: new Proxy(ports.sql, {
        get: (store, verb: 'query') => {
          if (isReplaced) throw new Error('Network connection lost.');
          return store[verb].bind(store);
        },
      }),
    });
    partition.restart();
    const replaced = partition.service;
    partition.wrapPorts = (ports) => ports;
    partition.restart();
    unwrap(await partition.service.initialize(partition.grant()));
    isReplaced = true;
    await expect(replaced.close(testRef)).rejects.toThrow();
  });

  test('a grant that was tampered with, or is of another platform, or expired, is refused', async () => {
    const partition = new PartitionHarness();
    const grant = partition.grant();
    expect(await partition.service.initialize({ ...grant, topic: 'other' })).toMatchObject({
      error: { code: 'WRONG_OBJECT' },
    });
    expect(await partition.service.initialize({ ...grant, signature: 'forged' })).toMatchObject({
      error: { code: 'WRONG_OBJECT' },
    });
    partition.nowMs += grantLifetimeMs + 1;
    expect(await partition.service.initialize(grant)).toMatchObject({ error: { code: 'GRANT_REQUIRED' } });
    expect(partition.store.query('SELECT name FROM sqlite_master')).toEqual([]);
  });

  test.each([{ orgId: 'other' }, { clusterId: 'other' }, { topicId: 'other' }, { partition: 1 }])(
    '[I-0b] a call that means another partition is refused: %o',
    async (change) => {
      const partition = await new PartitionHarness().open();
      const ref = { ...testRef, ...change };
      expect(await partition.service.describe(ref, 1)).toMatchObject({ error: { code: 'WRONG_OBJECT' } });
      expect(await partition.service.initialize(partition.grant({ ref }))).toMatchObject({
        error: { code: 'WRONG_OBJECT' },
      });
    },
  );

  test('a newer config is asked for, taken over, and never taken back', async () => {
    const partition = await new PartitionHarness().open();
    const old = partition.grant();
    partition.configVersion = 2;
    expect(await partition.appendValues('a')).toMatchObject({ error: { code: 'GRANT_REQUIRED' } });
    partition.config = { ...partition.config, maxMessageBytes: 100 };
    unwrap(await partition.service.initialize(partition.grant()));
    unwrap(await partition.service.initialize(old));
    partition.restart();
    expect(await partition.appendValues('x'.repeat(200))).toMatchObject({ error: { code: 'MESSAGE_TOO_LARGE' } });
  });
});

describe('deletion', () => {
  test('[I-8a] a closed partition refuses everything, frees its segments, and purges itself once grants are void', async () => {
    const partition = await new PartitionHarness().open({ segmentBytes: 500 });
    for (let n = 0; n < 60; n += 1) unwrap(await partition.appendValues(`value ${n}`));
    const socket = new RecordingSocket();
    unwrap(partition.service.fastDoor(testRef, 1)).open(socket);
    const grant = partition.grant();
    unwrap(await partition.service.close(testRef));
    expect(socket.closed?.code).toBe(4404);
    expect(await partition.appendValues('late')).toMatchObject({ error: { code: 'UNKNOWN_TOPIC_ID' } });
    partition.restart();
    expect(await partition.service.initialize(grant)).toMatchObject({ error: { code: 'UNKNOWN_TOPIC_ID' } });
    for (let turns = 0; turns < 20 && partition.alarm.atMs !== null; turns += 1) {
      partition.nowMs = Math.max(partition.nowMs, partition.alarm.take() ?? 0);
      await partition.service.runDue();
    }
    expect(partition.alarm.atMs).toBeNull();
    expect(partition.store.query('SELECT name FROM sqlite_master')).toEqual([]);
    expect(await partition.service.initialize(grant)).toMatchObject({ error: { code: 'GRANT_REQUIRED' } });
  });

  test('tells a relay of the end again until it could be reached', async () => {
    const partition = await new PartitionHarness().open();
    unwrap(await partition.service.registerRelay(testRef, 1, 'r1'));
    partition.answerDelivery = () => Promise.reject(new Error('the relay moves'));
    unwrap(await partition.service.close(testRef));
    const advance = async (turns: number) => {
      for (; turns > 0 && partition.alarm.atMs !== null; turns -= 1) {
        partition.nowMs = Math.max(partition.nowMs, partition.alarm.take() ?? 0);
        await partition.service.runDue();
        await settled();
      }
    };
    await advance(5);
    partition.answerDelivery = async () => ({ subscribed: false });
    partition.deliveries.length = 0;
    await advance(20);
    expect(partition.deliveries).toHaveLength(1);
    expect(partition.alarm.atMs).toBeNull();
  });

  test('comes back to its purge when it is told of its end again, although its alarm was lost', async () => {
    const partition = await new PartitionHarness().open();
    expect(unwrap(await partition.service.close(testRef))).toEqual({ isPurged: false });
    partition.alarm.take();
    expect(unwrap(await partition.service.close(testRef))).toEqual({ isPurged: false });
    for (let turns = 0; turns < 20 && partition.alarm.atMs !== null; turns += 1) {
      partition.nowMs = Math.max(partition.nowMs, partition.alarm.take() ?? 0);
      await partition.service.runDue();
    }
    expect(unwrap(await partition.service.close(testRef))).toEqual({ isPurged: true });
  });

  test('purges itself although the object leaves memory between any two steps', async () => {
    const partition = await new PartitionHarness().open({ segmentMs: 1 });
    for (let at = 0; at < 20; at += 1) {
      unwrap(await partition.appendValues('kept'));
      partition.nowMs += 10;
    }
    unwrap(await partition.service.close(testRef));
    for (let turns = 0; turns < 20 && partition.alarm.atMs !== null; turns += 1) {
      partition.restart();
      partition.nowMs = Math.max(partition.nowMs, partition.alarm.take() ?? 0);
      await partition.service.runDue();
    }
    expect(partition.alarm.atMs).toBeNull();
    expect(partition.store.query('SELECT name FROM sqlite_master')).toEqual([]);
  });
});

describe('relays', () => {
  test('every flush reaches a registered relay once, in order, in contiguous ranges', async () => {
    const partition = await new PartitionHarness().open();
    unwrap(await partition.appendValues('before'));
    expect(unwrap(await partition.service.registerRelay(testRef, 1, 'r1'))).toMatchObject({ highWatermark: 1 });
    for (const value of ['a', 'b']) {
      unwrap(await partition.appendValues(value));
      await settled();
    }
    expect(partition.deliveries.map(({ delivery }) => [delivery.from, delivery.to])).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  test('a call that fails is repeated by the next flush with the whole range, or by the alarm', async () => {
    const partition = await new PartitionHarness().open();
    unwrap(await partition.service.registerRelay(testRef, 1, 'r1'));
    partition.answerDelivery = () => Promise.reject(new Error('the relay moves'));
    unwrap(await partition.appendValues('a'));
    await settled();
    partition.answerDelivery = async () => ({ subscribed: true });
    expect(partition.alarm.take()).not.toBeNull();
    await partition.service.runDue();
    await settled();
    expect(partition.deliveries.at(-2)?.delivery).toMatchObject({ from: 0, to: 1 });
    expect(partition.deliveries.at(-1)?.delivery).toMatchObject({ from: 1, to: 1 });
  });

  test('a call of the alarm that fails when the alarm is long done is repeated by another one', async () => {
    const partition = await new PartitionHarness().open();
    unwrap(await partition.service.registerRelay(testRef, 1, 'r1'));
    unwrap(await partition.appendValues('a'));
    await settled();
    let fail: () => void = () => {};
    partition.answerDelivery = () =>
      new Promise((_, reject) => {
        fail = () => reject(new Error('the relay moves'));
      });
    partition.alarm.take();
    await partition.service.runDue();
    await settled();
    const secondsLaterMs = partition.nowMs + 10_000;
    expect(partition.alarm.atMs).toBeGreaterThan(secondsLaterMs);
    fail();
    await settled();
    expect(partition.alarm.take()).toBeLessThan(secondsLaterMs);
    partition.answerDelivery = async () => ({ subscribed: true });
    partition.deliveries.length = 0;
    await partition.service.runDue();
    await settled();
    expect(partition.deliveries.map(({ delivery }) => [delivery.from, delivery.to])).toEqual([[1, 1]]);
  });

  test('a relay without subscribers is forgotten, unless it registered again meanwhile', async () => {
    const partition = await new PartitionHarness().open();
    unwrap(await partition.service.registerRelay(testRef, 1, 'r1'));
    partition.answerDelivery = async () => {
      unwrap(await partition.service.registerRelay(testRef, 1, 'r1'));
      return { subscribed: false };
    };
    unwrap(await partition.appendValues('a'));
    await settled();
    partition.answerDelivery = async () => ({ subscribed: false });
    unwrap(await partition.appendValues('b'));
    await settled();
    unwrap(await partition.appendValues('c'));
    await settled();
    expect(partition.deliveries.map(({ delivery }) => delivery.to)).toEqual([1, 2]);
    partition.restart();
    unwrap(await partition.appendValues('d'));
    await settled();
    expect(partition.deliveries).toHaveLength(2);
  });

  test('after a restart the alarm announces where the log ends, so that a lost delivery is noticed', async () => {
    const partition = await new PartitionHarness().open();
    unwrap(await partition.service.registerRelay(testRef, 1, 'r1'));
    partition.answerDelivery = () => new Promise(() => {});
    unwrap(await partition.appendValues('a'));
    await settled();
    partition.restart();
    partition.answerDelivery = async () => ({ subscribed: true });
    await partition.service.runDue();
    await settled();
    expect(partition.deliveries.at(-1)?.delivery).toMatchObject({ from: 1, to: 1, batches: null });
  });
});

test('an alarm that was lost is armed again by later appends, and a sweep tells relays what it would have told', async () => {
  const partition = await new PartitionHarness().open();
  unwrap(await partition.service.registerRelay(testRef, 1, 'r1'));
  unwrap(await partition.appendValues('a'));
  await settled();
  expect(partition.alarm.take()).not.toBeNull();
  unwrap(await partition.appendValues('b'));
  await settled();
  expect(partition.alarm.atMs).toBeNull();
  partition.nowMs += 60_000;
  unwrap(await partition.appendValues('c'));
  await settled();
  expect(partition.alarm.take()).not.toBeNull();
  partition.deliveries.length = 0;
  unwrap(await partition.service.maintain(testRef, 1));
  await settled();
  expect(partition.deliveries.map(({ delivery }) => [delivery.from, delivery.to])).toEqual([[3, 3]]);
});

test('the alarm reports the size to the cluster when it changed', async () => {
  const partition = await new PartitionHarness().open();
  unwrap(await partition.appendValues('a'));
  await partition.service.runDue();
  await partition.service.runDue();
  expect(partition.reports).toHaveLength(1);
  expect(partition.reports[0]).toMatchObject({ highWatermark: 1 });
  expect(valuesOf(await partition.readAll())).toEqual(['a']);
});

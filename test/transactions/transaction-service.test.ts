import { describe, expect, test } from 'vitest';
import type { TransactionProducer } from '../../src/transactions/transaction-rpc.ts';
import { unwrap } from '../support/partition-harness.ts';
import { MemoryCoordinator, partitionOf, testTransaction as ref, unreachable } from './memory-coordinator.ts';

const timeoutMs = 60_000;

async function initialized(coordinator: MemoryCoordinator, current: TransactionProducer | null = null) {
  return unwrap(await coordinator.service.initProducer({ ref, timeoutMs, current }));
}

function add(coordinator: MemoryCoordinator, producer: TransactionProducer, ...partitions: number[]) {
  return coordinator.service.addParticipants({
    ref,
    producer,
    partitions: partitions.map(partitionOf),
    groupIds: [],
  });
}

function end(coordinator: MemoryCoordinator, producer: TransactionProducer, committed: boolean, bumpsEpoch = true) {
  return coordinator.service.endTransaction({ ref, producer, committed, bumpsEpoch });
}

const code = (value: string) => ({ error: { code: value } });

describe('a producer', () => {
  test('gets an id, and a new epoch with each initialization, which fences the one before', async () => {
    const coordinator = new MemoryCoordinator();
    const first = await initialized(coordinator);
    expect(first).toEqual({ producerId: 100, producerEpoch: 0 });
    expect(coordinator.listed).toEqual(new Set([ref.transactionalId]));
    const second = await initialized(coordinator);
    expect(second).toEqual({ producerId: 100, producerEpoch: 1 });
    expect(await add(coordinator, first, 0)).toMatchObject(code('PRODUCER_FENCED'));
    expect(await end(coordinator, first, true)).toMatchObject(code('PRODUCER_FENCED'));
    expect(unwrap(await add(coordinator, second, 0))).toEqual({ transactionNumber: 1 });
  });

  test('has what the instance before left open aborted first, under an epoch that fences it', async () => {
    const coordinator = new MemoryCoordinator();
    const first = await initialized(coordinator);
    unwrap(await add(coordinator, first, 0, 1));
    const second = await initialized(coordinator);
    expect(second).toEqual({ producerId: 100, producerEpoch: 2 });
    expect(coordinator.markers.map(({ to }) => to).sort()).toEqual(['partition 0', 'partition 1']);
    expect(coordinator.markers[0]?.marker).toEqual({
      producerId: 100,
      producerEpoch: 1,
      transactionNumber: 1,
      committed: false,
    });
  });

  test('that starts over with what it holds gets the next epoch, and the same again if it asks again', async () => {
    const coordinator = new MemoryCoordinator();
    const first = await initialized(coordinator);
    const second = await initialized(coordinator, first);
    expect(second.producerEpoch).toBe(1);
    expect(await initialized(coordinator, first), 'its answer was lost').toEqual(second);
    await initialized(coordinator);
    const late = await coordinator.service.initProducer({ ref, timeoutMs, current: second });
    expect(late).toMatchObject(code('PRODUCER_FENCED'));
  });

  test('goes on under another id when its epochs are used up', async () => {
    const coordinator = new MemoryCoordinator();
    await initialized(coordinator);
    coordinator.store.transaction(() =>
      coordinator.store.run('UPDATE transaction_coordinator SET producer_epoch = 32765'),
    );
    coordinator.restart();
    const last = await initialized(coordinator);
    expect(last).toEqual({ producerId: 100, producerEpoch: 32_766 });
    unwrap(await add(coordinator, last, 0));
    const next = unwrap(await end(coordinator, last, true));
    expect(next).toEqual({ producerId: 101, producerEpoch: 0 });
    expect(coordinator.markers.at(-1)?.marker).toMatchObject({ producerId: 100, producerEpoch: 32_767 });
    expect(unwrap(await end(coordinator, last, true)), 'the answer was lost').toEqual(next);
    expect(unwrap(await add(coordinator, next, 0))).toEqual({ transactionNumber: 2 });
  });

  test('is refused with a timeout or an id that is not allowed', async () => {
    const { service } = new MemoryCoordinator();
    const tooLong = await service.initProducer({ ref, timeoutMs: 900_001, current: null });
    expect(tooLong).toMatchObject(code('INVALID_TRANSACTION_TIMEOUT'));
    const other = { ...ref, transactionalId: 'another' };
    expect(await service.initProducer({ ref: other, timeoutMs, current: null })).toMatchObject(code('WRONG_OBJECT'));
  });
});

describe('a transaction', () => {
  test('is told to everybody who takes part, and the next one has a number and an epoch of its own', async () => {
    const coordinator = new MemoryCoordinator();
    const producer = await initialized(coordinator);
    unwrap(await add(coordinator, producer, 0));
    unwrap(await add(coordinator, producer, 1, 0));
    unwrap(
      await coordinator.service.addParticipants({ ref, producer, partitions: [], groupIds: ['billing', 'billing'] }),
    );
    const next = unwrap(await end(coordinator, producer, true));
    expect(next).toEqual({ producerId: 100, producerEpoch: 1 });
    expect(coordinator.markers.map(({ to }) => to)).toEqual(['partition 0', 'partition 1', 'group billing']);
    expect(unwrap(await coordinator.service.describeTransaction(ref))).toMatchObject({
      phase: 'CompleteCommit',
      partitions: [],
      groupIds: [],
      startedAtMs: null,
    });
    expect(unwrap(await add(coordinator, next, 0))).toEqual({ transactionNumber: 2 });
  });

  test('[I-2b] once decided stays so: the same decision is answered again, the opposite one refused', async () => {
    const coordinator = new MemoryCoordinator();
    const producer = await initialized(coordinator);
    unwrap(await add(coordinator, producer, 0));
    const next = unwrap(await end(coordinator, producer, true));
    coordinator.restart();
    expect(unwrap(await end(coordinator, producer, true))).toEqual(next);
    expect(await end(coordinator, producer, false)).toMatchObject(code('INVALID_TXN_STATE'));
    expect(coordinator.markers, 'nobody is told anything else').toHaveLength(1);
  });

  test('[I-2b] of a client whose epoch does not move can be told from the one before', async () => {
    const coordinator = new MemoryCoordinator();
    const producer = await initialized(coordinator);
    unwrap(await add(coordinator, producer, 0));
    expect(unwrap(await end(coordinator, producer, false, false))).toEqual(producer);
    expect(unwrap(await end(coordinator, producer, false, false))).toEqual(producer);
    expect(await end(coordinator, producer, true, false)).toMatchObject(code('INVALID_TXN_STATE'));
    expect(unwrap(await add(coordinator, producer, 0))).toEqual({ transactionNumber: 2 });
    expect(unwrap(await end(coordinator, producer, true, false))).toEqual(producer);
    expect(coordinator.markers.map(({ marker }) => [marker.transactionNumber, marker.committed])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  test('that nothing was done in is committed and aborted without telling anybody', async () => {
    const coordinator = new MemoryCoordinator();
    const producer = await initialized(coordinator);
    expect(unwrap(await end(coordinator, producer, true))).toEqual(producer);
    const next = unwrap(await end(coordinator, producer, false));
    expect(next.producerEpoch, 'what may be under way is fenced').toBe(producer.producerEpoch + 1);
    expect(coordinator.markers).toEqual([]);
  });

  test('holds up the next one until all have heard of it, and is told again and again', async () => {
    const coordinator = new MemoryCoordinator();
    const producer = await initialized(coordinator);
    unwrap(await add(coordinator, producer, 0, 1));
    coordinator.answer = async (to) => (to === 'partition 1' ? unreachable : { ok: true, value: null });
    const next = unwrap(await end(coordinator, producer, true));
    expect(await add(coordinator, next, 0)).toMatchObject(code('CONCURRENT_TRANSACTIONS'));
    const heard = coordinator.markers.filter(({ to }) => to === 'partition 0');
    expect(heard, 'who has heard is not told again').toHaveLength(1);
    coordinator.restart();
    coordinator.answer = async () => ({ ok: true, value: null });
    coordinator.nowMs += 5_000;
    await coordinator.runAlarm();
    expect(unwrap(await add(coordinator, next, 0))).toEqual({ transactionNumber: 2 });
    expect(coordinator.markers.every(({ marker }) => marker.committed)).toBe(true);
  });

  test('[I-2d] that takes longer than its timeout is aborted, and its producer fenced', async () => {
    const coordinator = new MemoryCoordinator();
    const producer = await initialized(coordinator);
    unwrap(await add(coordinator, producer, 0));
    coordinator.nowMs += timeoutMs - 1;
    await coordinator.runAlarm();
    expect(coordinator.markers).toEqual([]);
    coordinator.nowMs += 1;
    await coordinator.runAlarm();
    expect(coordinator.markers.map(({ marker }) => marker)).toEqual([
      { producerId: 100, producerEpoch: 1, transactionNumber: 1, committed: false },
    ]);
    expect(await end(coordinator, producer, true)).toMatchObject(code('PRODUCER_FENCED'));
  });

  test('may be aborted by an operator', async () => {
    const coordinator = new MemoryCoordinator();
    const producer = await initialized(coordinator);
    unwrap(await add(coordinator, producer, 0));
    expect(unwrap(await coordinator.service.abortTransaction(ref))).toMatchObject({ phase: 'CompleteAbort' });
    expect(await add(coordinator, producer, 0)).toMatchObject(code('PRODUCER_FENCED'));
  });

  test('is verified only for those who take part', async () => {
    const coordinator = new MemoryCoordinator();
    const producer = await initialized(coordinator);
    const verify = (partition: number) =>
      coordinator.service.verifyParticipants({ ref, producer, partitions: [partitionOf(partition)], groupIds: [] });
    expect(await verify(0)).toMatchObject(code('INVALID_TXN_STATE'));
    unwrap(await add(coordinator, producer, 0));
    expect(unwrap(await verify(0))).toEqual({ transactionNumber: 1 });
    expect(await verify(1)).toMatchObject(code('INVALID_TXN_STATE'));
  });

  test('has bounds', async () => {
    const coordinator = new MemoryCoordinator();
    const producer = await initialized(coordinator);
    const partitions = Array.from({ length: 2_001 }, (_, index) => index);
    expect(await add(coordinator, producer, ...partitions)).toMatchObject(code('LIMIT_REACHED'));
  });
});

test('a transactional id that nobody uses for a week is forgotten', async () => {
  const coordinator = new MemoryCoordinator();
  const producer = await initialized(coordinator);
  unwrap(await add(coordinator, producer, 0));
  unwrap(await end(coordinator, producer, true));
  coordinator.nowMs += 6 * 24 * 60 * 60 * 1000;
  await coordinator.runAlarm();
  expect(coordinator.listed.size).toBe(1);
  coordinator.nowMs += 2 * 24 * 60 * 60 * 1000;
  await coordinator.runAlarm();
  expect(coordinator.listed.size).toBe(0);
  expect(await coordinator.service.describeTransaction(ref)).toMatchObject(code('TRANSACTIONAL_ID_NOT_FOUND'));
  expect(await initialized(coordinator)).toEqual({ producerId: 101, producerEpoch: 0 });
  expect(coordinator.errors).toEqual([]);
});

test('an instance that was replaced does not say of a transaction that nothing was begun', async () => {
  const coordinator = new MemoryCoordinator();
  let isReplaced = false;
  coordinator.wrapPorts = (ports) => ({
    ...ports,
    sql: new Proxy(ports.sql, {
      get(sql, name) {
        if (isReplaced) throw new Error('this instance was replaced');
        const value: unknown = Reflect.get(sql, name);
        return typeof value === 'function' ? value.bind(sql) : value;
      },
    }),
  });
  coordinator.restart();
  const producer = await initialized(coordinator);
  const former = coordinator.service;
  coordinator.wrapPorts = (ports) => ports;
  coordinator.restart();
  unwrap(await add(coordinator, producer, 0));
  isReplaced = true;
  const request = { ref, producer, committed: true, bumpsEpoch: false };
  await expect(former.endTransaction(request)).rejects.toThrow('this instance was replaced');
});

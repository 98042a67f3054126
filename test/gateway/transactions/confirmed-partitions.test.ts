import { expect, test } from 'vitest';
import { ConfirmedPartitions } from '../../../src/gateway/transactions/confirmed-partitions.ts';

const ref = { orgId: 'org', clusterId: 'cluster', transactionalId: 'app' };
const producer = { producerId: 7, producerEpoch: 0 };
const place = (partition: number) => ({ topic: 'orders', topicId: 'id', partition });

function memory() {
  const clock = { now: 1_000_000, nowMs: () => clock.now };
  return { clock, confirmed: new ConfirmedPartitions(clock) };
}

test('what was confirmed is known for a moment, of that producer and those partitions', () => {
  const { clock, confirmed } = memory();
  confirmed.learn(ref, producer, [place(0), place(1)], 3);
  expect(confirmed.find(ref, producer, place(1))).toBe(3);
  expect(confirmed.find(ref, producer, place(2))).toBeNull();
  expect(confirmed.find(ref, producer, { ...place(1), topicId: 'another' })).toBeNull();
  expect(confirmed.find(ref, { ...producer, producerEpoch: 1 }, place(1))).toBeNull();
  expect(confirmed.find({ ...ref, transactionalId: 'other' }, producer, place(1))).toBeNull();
  expect(confirmed.find({ ...ref, clusterId: 'other' }, producer, place(1))).toBeNull();
  clock.now += 4_999;
  confirmed.learn(ref, producer, [place(0)], 3);
  clock.now += 1;
  expect([confirmed.find(ref, producer, place(0)), confirmed.find(ref, producer, place(1))]).toEqual([3, null]);
});

test('the next transaction, or the next instance, begins with nothing', () => {
  const { confirmed } = memory();
  confirmed.learn(ref, producer, [place(0), place(1)], 3);
  confirmed.learn(ref, producer, [place(0)], 4);
  expect([confirmed.find(ref, producer, place(0)), confirmed.find(ref, producer, place(1))]).toEqual([4, null]);
  const newer = { ...producer, producerEpoch: 1 };
  confirmed.learn(ref, newer, [place(2)], 5);
  expect([confirmed.find(ref, newer, place(0)), confirmed.find(ref, newer, place(2))]).toEqual([null, 5]);
});

test('more transactions than an isolate keeps do not pile up', () => {
  const { confirmed } = memory();
  for (let n = 0; n <= 1_000; n += 1) {
    confirmed.learn({ ...ref, transactionalId: `app-${n}` }, producer, [place(0)], 1);
  }
  expect(confirmed.find({ ...ref, transactionalId: 'app-0' }, producer, place(0))).toBeNull();
  expect(confirmed.find({ ...ref, transactionalId: 'app-1000' }, producer, place(0))).toBe(1);
});

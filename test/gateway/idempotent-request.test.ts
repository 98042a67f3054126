import { expect, test } from 'vitest';
import type { ProduceRecord } from '../../src/json/produce-record.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';
import { unwrap } from '../support/partition-harness.ts';

const encoder = new TextEncoder();

const keyed = (key: string): ProduceRecord => ({
  partition: null,
  timestampMs: null,
  key: encoder.encode(key),
  value: encoder.encode(`value of ${key}`),
  headers: [],
});

test('a retry after partitions were added never gets the offsets of other records', async () => {
  const platform = new MemoryPlatform();
  const { producer, routes } = platform.services;
  unwrap(await platform.catalog.createTopic(localCluster, { topic: 'orders', partitionCount: 1 }));
  const records = ['a', 'b', 'c', 'd'].map(keyed);
  const claim = { keyHash: 'ab'.repeat(32), bodyHash: 'cd'.repeat(32), requestedAtMs: platform.nowMs };
  const first = unwrap(await producer.produceRecords('orders', records, claim));
  expect(first.results.map((result) => 'offset' in result && result.offset)).toEqual([0, 1, 2, 3]);
  expect(unwrap(await producer.produceRecords('orders', records, claim))).toEqual({ ...first, duplicate: true });

  unwrap(await platform.catalog.alterTopic(localCluster, { topic: 'orders', partitionCount: 3 }));
  routes.forget('orders');
  const retry = await producer.produceRecords('orders', records, claim);
  const results = retry.ok ? retry.value.results : [];
  // Partition 0 has seen the key with other records, so nothing is acknowledged from it.
  expect(results.filter((result) => 'offset' in result && result.partition === 0)).toEqual([]);
  if (!retry.ok) expect(retry.error.code).toBe('IDEMPOTENCY_KEY_REUSED');
});

import { expect, test } from 'vitest';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';
import { unwrap } from '../support/partition-harness.ts';

test('[I-8b] who holds offsets of a deleted topic reads nothing of the one that took over its name', async () => {
  const platform = new MemoryPlatform();
  const { producer, reader, routes } = platform.services;
  const create = () => platform.catalog.createTopic(localCluster, { topic: 'orders', partitionCount: 1 });
  const old = unwrap(await create());
  unwrap(await routes.find('orders'));
  unwrap(await platform.catalog.deleteTopic(localCluster, 'orders'));
  const own = unwrap(await create());
  routes.forget('orders');
  const value = new TextEncoder().encode('of the new topic');
  const record = { partition: 0, timestampMs: null, key: null, value, headers: [] };
  unwrap(await producer.produceRecords('orders', [record], null));

  const from = { offset: 0 };
  const place = { topic: 'orders', partition: 0, from, maxBytes: 1_000, waitMs: 0, minBytes: 1 };
  const refused = await reader.read({ ...place, topicId: old.topicId });
  expect(refused).toMatchObject({ ok: false, error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } });
  expect(unwrap(await reader.read({ ...place, topicId: own.topicId })).nextOffset).toBe(1);
});

test('[I-8b] nor when the new topic is met only after the old one was found to be gone', async () => {
  const platform = new MemoryPlatform();
  const { reader, routes } = platform.services;
  const create = () => platform.catalog.createTopic(localCluster, { topic: 'orders', partitionCount: 1 });
  const place = { topic: 'orders', partition: 0, maxBytes: 1_000, waitMs: 0, minBytes: 1 };
  const { topicId } = unwrap(await create());
  unwrap(await reader.read({ ...place, from: 'earliest' }));
  unwrap(await platform.catalog.deleteTopic(localCluster, 'orders'));
  await platform.catalog.runAlarm();
  unwrap(await create());
  // What is cached still names the old topic, whose partition is closed by now.
  expect(unwrap(await routes.find('orders')).topicId).toBe(topicId);
  const refused = await reader.read({ ...place, topicId, from: 'earliest' });
  expect(refused).toMatchObject({ ok: false, error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } });
  expect(await reader.read({ ...place, from: 'earliest' })).toMatchObject({ ok: true });
});

test('a cached view of a topic that is older than the offsets is looked up anew', async () => {
  const platform = new MemoryPlatform();
  const { reader, routes } = platform.services;
  const { topicId } = unwrap(await platform.catalog.createTopic(localCluster, { topic: 'orders', partitionCount: 1 }));
  unwrap(await routes.find('orders'));
  unwrap(await platform.catalog.alterTopic(localCluster, { topic: 'orders', partitionCount: 2 }));
  const place = { topic: 'orders', topicId, partition: 1, maxBytes: 1_000, waitMs: 0, minBytes: 1 };
  expect(unwrap(await reader.read({ ...place, from: 'earliest' })).nextOffset).toBe(0);
});

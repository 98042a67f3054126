import { expect, test } from 'vitest';
import { noAuthority } from '../../src/authorization/principal-authority.ts';
import { openPrincipal, openSaslCredentials } from '../../src/gateway/open-credentials.ts';
import type { UsageMeter } from '../../src/gateway/usage/edge-usage.ts';
import { batchOf, fetchApi, fetchRequestOf, produceApi, produceRequestOf } from '../support/kafka-requests.ts';
import { KafkaTestConnection, memoryKafkaServices, testScram } from '../support/memory-kafka.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

test('counts the batches that a fetch answers, and nothing for one that answers none', async () => {
  const platform = new MemoryPlatform();
  const { catalog, cluster, clock } = platform.services;
  await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 1 });
  const counted: unknown[] = [];
  const usage: UsageMeter = { count: (_, topic, counts) => counted.push({ topic, ...counts }) };
  const pause = async () => {};
  const kafka = {
    servicesOf: () => ({ ...memoryKafkaServices(platform), usage }),
    credentials: openSaslCredentials,
    scram: testScram,
    refused: () => {},
    authority: noAuthority,
    clock,
    pause,
    keepAlive: () => {},
  };
  const connection = new KafkaTestConnection({ kafka, arrival: { principal: openPrincipal } });
  const batches = [batchOf('one', 'two'), batchOf('three')];
  for (const batch of batches) await connection.ask(produceApi, 9, produceRequestOf('orders', { 0: batch }));
  await connection.ask(fetchApi, 4, fetchRequestOf('orders', { 0: 0 }));
  const bytes = batches.reduce((sum, { length }) => sum + length, 0);
  expect(counted).toEqual([{ topic: 'orders', recordsOut: 3, bytesOut: bytes }]);
  await connection.ask(fetchApi, 4, fetchRequestOf('orders', { 0: 3 }));
  expect(counted).toHaveLength(1);
});

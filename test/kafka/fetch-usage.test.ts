import { expect, test } from 'vitest';
import type { Principal } from '../../src/authorization/principal.ts';
import { noAuthority } from '../../src/authorization/principal-authority.ts';
import { ok } from '../../src/errors/result.ts';
import { openPrincipal, openSaslCredentials } from '../../src/gateway/open-credentials.ts';
import type { UsageMeter } from '../../src/gateway/usage/edge-usage.ts';
import { binding, keyPrincipal } from '../authorization/principals.ts';
import { batchOf, fetchApi, fetchRequestOf, produceApi, produceRequestOf } from '../support/kafka-requests.ts';
import { KafkaTestConnection, memoryKafkaServices, testScram } from '../support/memory-kafka.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

const member = keyPrincipal([binding({ operation: 'ALL' })], { orgId: 'local', clusterId: 'local' });

test('counts how long a connection was open, at its end and while it is used', async () => {
  const platform = new MemoryPlatform();
  const counted: (readonly [keyId: string | null, connectionMs: number | undefined])[] = [];
  const usage: UsageMeter = { count: ({ keyId }, _, { connectionMs }) => counted.push([keyId, connectionMs]) };
  let nowMs = Date.UTC(2026, 10, 20);
  const kafka = {
    servicesOf: (principal: Principal) => ({ ...memoryKafkaServices(platform), principal, usage }),
    credentials: openSaslCredentials,
    scram: testScram,
    refused: () => {},
    authority: { ...noAuthority, find: async () => ok([member]) },
    clock: { nowMs: () => nowMs },
    pause: async () => {},
    keepAlive: () => {},
  };
  const connection = new KafkaTestConnection({ kafka, arrival: { principal: member } });
  for (const passed of [10_000, 55_000]) {
    nowMs += passed;
    await connection.ask(produceApi, 9, produceRequestOf('nowhere', { 0: batchOf('one') }));
  }
  nowMs += 5_000;
  connection.stream.destroy();
  await connection.served;
  expect(counted).toEqual([
    ['key', 65_000],
    ['key', 5_000],
  ]);
});

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

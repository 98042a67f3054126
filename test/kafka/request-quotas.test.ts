import { describe, expect, test } from 'vitest';
import { noAuthority } from '../../src/authorization/principal-authority.ts';
import type { QuotaKind } from '../../src/authorization/quota-rates.ts';
import { failed } from '../../src/errors/result.ts';
import { openPrincipal, openSaslCredentials } from '../../src/gateway/open-credentials.ts';
import { metadataRequest, metadataResponse } from '../../src/kafka/messages/metadata.ts';
import {
  batchOf,
  fetchApi,
  fetchRequestOf,
  metadataRequestOf,
  produceApi,
  produceRequestOf,
} from '../support/kafka-requests.ts';
import { KafkaTestConnection, memoryKafkaServices, testScram } from '../support/memory-kafka.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';
import { QuotaWorld } from '../support/quota-world.ts';

const metadata = { key: 3, request: metadataRequest, response: metadataResponse };

async function worldOf(kind: QuotaKind, perSecond: number, subject = 'organization:') {
  const platform = new MemoryPlatform();
  const { catalog, cluster, principal, clock } = platform.services;
  await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 1 });
  const quotas = new QuotaWorld([{ subject, kind, perSecond }], () => platform.nowMs);
  const pauses: number[] = [];
  /** Time passes as soon as somebody waits. */
  const pause = async (ms: number) => {
    pauses.push(ms);
    platform.nowMs += ms;
  };
  const services = { ...memoryKafkaServices(platform), principal: quotas.bound(principal), quotas: quotas.gate, pause };
  const kafka = {
    servicesOf: () => services,
    credentials: openSaslCredentials,
    scram: testScram,
    refused: () => {},
    keepAlive: () => {},
    authority: noAuthority,
    clock,
    pause,
  };
  const arrival = { principal: openPrincipal };
  const connect = (isFree = false) => new KafkaTestConnection(isFree ? { platform } : { kafka, arrival });
  return { platform, quotas, pauses, connect };
}

const large = 'x'.repeat(10_000);

describe('a Kafka connection with quotas', () => {
  test('is told how long to be silent, is not served meanwhile, and loses nothing', async () => {
    const { pauses, connect } = await worldOf('produceBytes', 1_000);
    const connection = connect();
    const produced = await connection.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf(large) }));
    expect(produced.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 });
    // Two seconds' rate were there; the rest is owed.
    expect(produced.throttleTimeMs).toBeGreaterThanOrEqual(7_000);
    expect(pauses).toEqual([]);
    const next = await connection.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf('small') }));
    expect(next.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 1 });
    expect(pauses[0]).toBe(produced.throttleTimeMs);
  });

  test('has to wait where others of its organization have used everything up', async () => {
    const { platform, pauses, connect } = await worldOf('produceBytes', 1_000);
    const [one, other] = [connect(), connect()];
    await one.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf(large) }));
    const startMs = platform.nowMs;
    const next = await other.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf('small') }));
    expect(next.responses[0]!.partitionResponses[0]!.errorCode).toBe(0);
    expect(pauses.length).toBeGreaterThan(0);
    expect(platform.nowMs - startMs).toBeGreaterThanOrEqual(7_000);
  });

  test('is refused after a wait for what is far beyond a quota, and stores nothing of it', async () => {
    const { quotas, connect } = await worldOf('produceBytes', 100, 'topic:local/orders');
    const [one, other, free] = [connect(), connect(), connect(true)];
    await one.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf(large) }));
    const { calls } = quotas;
    const refused = await other.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf('small') }));
    expect(refused.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 89 });
    expect(quotas.calls - calls).toBeLessThanOrEqual(4);
    const stored = await free.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf('mine') }));
    expect(stored.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 1 });
    expect(stored.throttleTimeMs).toBe(0);
  });

  test('reads what it may, and gets an answer without partitions until that is paid for', async () => {
    const { connect } = await worldOf('fetchBytes', 1_000);
    const [writer, reader] = [connect(true), connect()];
    await writer.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf(large) }));
    const first = await reader.ask(fetchApi, 4, fetchRequestOf('orders', { 0: 0 }));
    expect(first.responses[0]!.partitions[0]!.records!.length).toBeGreaterThan(10_000);
    expect(first.throttleTimeMs).toBeGreaterThanOrEqual(7_000);
    const other = await connect().ask(fetchApi, 4, fetchRequestOf('orders', { 0: 0 }));
    expect(other.responses).toEqual([]);
    expect(other.throttleTimeMs).toBeGreaterThanOrEqual(500);
    // The one that was told to wait is not served until it has.
    const again = await reader.ask(fetchApi, 4, fetchRequestOf('orders', { 0: 0 }));
    expect(again.responses[0]!.partitions[0]!.errorCode).toBe(0);
  });

  test('is slowed down by a quota of requests, whatever it asks', async () => {
    const { platform, connect } = await worldOf('requests', 10);
    const connection = connect();
    const startMs = platform.nowMs;
    for (let count = 0; count < 100; count += 1) await connection.ask(metadata, 9, metadataRequestOf(['orders']));
    // Two seconds' rate in a burst, the others one tenth of a second each.
    expect(platform.nowMs - startMs).toBeGreaterThanOrEqual(7_000);
    expect(platform.nowMs - startMs).toBeLessThanOrEqual(30_000);
  });

  test('is refused at once, partition by partition, by what no waiting helps against', async () => {
    const { quotas, pauses, connect } = await worldOf('requests', 1_000);
    quotas.refusal = failed('POLICY_VIOLATION', 'The budget is used up.').error;
    const connection = connect();
    const produced = await connection.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf('a') }));
    expect(produced.responses[0]!.partitionResponses[0]).toMatchObject({
      errorCode: 44,
      errorMessage: 'The budget is used up.',
    });
    const fetched = await connection.ask(fetchApi, 4, fetchRequestOf('orders', { 0: 0 }));
    expect(fetched.responses[0]!.partitions[0]).toMatchObject({ errorCode: 44 });
    expect(pauses).toEqual([]);
  });
});

import { expect, test } from 'vitest';
import { kafkaApis } from '../../src/kafka/apis.ts';
import { apiVersionsRequest, apiVersionsResponse } from '../../src/kafka/messages/api-versions.ts';
import { listOffsetsRequest, listOffsetsResponse } from '../../src/kafka/messages/list-offsets.ts';
import { metadataRequest, metadataResponse } from '../../src/kafka/messages/metadata.ts';
import { encodeRequest } from '../support/kafka-client.ts';
import {
  batchOf,
  fetchApi,
  fetchRequestOf,
  metadataRequestOf,
  produceApi,
  produceRequestOf,
} from '../support/kafka-requests.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

const apiVersions = { key: 18, request: apiVersionsRequest, response: apiVersionsResponse };
const metadata = { key: 3, request: metadataRequest, response: metadataResponse };
const listOffsets = { key: 2, request: listOffsetsRequest, response: listOffsetsResponse };

const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };

async function withTopic(topic = 'orders'): Promise<MemoryPlatform> {
  const platform = new MemoryPlatform();
  await platform.services.catalog.createTopic(platform.services.cluster, { topic, partitionCount: 2 });
  return platform;
}

test('says which versions are spoken, and no more than that', async () => {
  const connection = new KafkaTestConnection();
  for (const version of [0, 1, 2, 3, 4]) {
    const { errorCode, apiKeys } = await connection.ask(apiVersions, version, software);
    expect(errorCode).toBe(0);
    expect(apiKeys).toEqual(
      [...kafkaApis.values()].map(({ key, advertised }) => ({
        apiKey: key,
        minVersion: advertised.min,
        maxVersion: advertised.max,
      })),
    );
  }
});

test('answers a version of ApiVersions that it does not speak with UNSUPPORTED_VERSION, in version 0', async () => {
  const connection = new KafkaTestConnection();
  connection.stream.send(encodeRequest(apiVersions, 99, 7, software));
  const { correlationId, body } = await connection.answer(apiVersions, 0);
  expect([correlationId, body.errorCode]).toEqual([7, 35]);
  expect(body.apiKeys).toContainEqual({ apiKey: 18, minVersion: 0, maxVersion: 4 });
  expect((await connection.ask(apiVersions, 3, software)).errorCode).toBe(0);
});

test.each([
  ['an API that there is not', (frame: Uint8Array) => frame.fill(0x70, 4, 6)],
  ['a version that is not spoken', (frame: Uint8Array) => frame.fill(0x70, 6, 8)],
  ['a negative size', (frame: Uint8Array) => frame.fill(0xff, 0, 4)],
  ['a size beyond the limit', (frame: Uint8Array) => frame.fill(0x70, 0, 4)],
  ['a client id longer than the request', (frame: Uint8Array) => frame.fill(0x70, 12, 14)],
  ['a body that is cut off', (frame: Uint8Array) => new DataView(frame.buffer).setInt32(0, frame.length - 6)],
  ['an array of more elements than bytes', (frame: Uint8Array) => frame.fill(0x70, 18, 22)],
])('ends the connection at %s, and answers what came before', async (_, damage) => {
  const platform = await withTopic();
  const connection = new KafkaTestConnection({ platform });
  const other = new KafkaTestConnection({ platform });
  const frame = encodeRequest(metadata, 1, 2, metadataRequestOf(['orders']));
  connection.send(apiVersions, 0, software);
  damage(frame);
  connection.stream.send(frame);
  connection.send(apiVersions, 0, software);
  expect((await connection.answer(apiVersions, 0)).correlationId).toBe(1);
  expect(await connection.stream.nextFrame()).toBeNull();
  await connection.served;
  expect([connection.stream.isDestroyed, connection.errors]).toEqual([true, []]);
  expect((await other.ask(apiVersions, 0, software)).errorCode).toBe(0);
});

test('answers many requests that come in one piece, in their order', async () => {
  const connection = new KafkaTestConnection({ platform: await withTopic() });
  const requests = Array.from({ length: 50 }, (_, index) => {
    const at = index + 1;
    return index % 3 === 0
      ? encodeRequest(metadata, 9, at, metadataRequestOf(null))
      : encodeRequest(produceApi, 9, at, produceRequestOf('orders', { 0: batchOf(`v${at}`) }));
  });
  connection.stream.send(new Uint8Array(Buffer.concat(requests)));
  const offsets: number[] = [];
  for (let at = 1; at <= 50; at += 1) {
    if ((at - 1) % 3 === 0) expect((await connection.answer(metadata, 9)).correlationId).toBe(at);
    else {
      const { correlationId, body } = await connection.answer(produceApi, 9);
      expect(correlationId).toBe(at);
      offsets.push(body.responses[0]!.partitionResponses[0]!.baseOffset);
    }
  }
  expect(offsets).toEqual(Array.from({ length: offsets.length }, (_, offset) => offset));
});

test('sees its own appends: what comes after them in the pipeline waits for them', async () => {
  const connection = new KafkaTestConnection({ platform: await withTopic() });
  connection.send(produceApi, 9, produceRequestOf('orders', { 1: batchOf('one', 'two') }));
  connection.send(listOffsets, 1, {
    replicaId: -1,
    isolationLevel: 0,
    timeoutMs: 0,
    topics: [{ name: 'orders', partitions: [{ partitionIndex: 1, timestamp: -1 }] }],
  });
  await connection.answer(produceApi, 9);
  const { body } = await connection.answer(listOffsets, 1);
  expect(body.topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, offset: 2 });
});

test('answers what was asked before the client ended its side, then ends its own', async () => {
  const connection = new KafkaTestConnection({ platform: await withTopic() });
  connection.send(produceApi, 9, produceRequestOf('orders', { 0: batchOf('last words') }));
  connection.stream.finish();
  expect((await connection.answer(produceApi, 9)).body.responses[0]!.partitionResponses[0]!.errorCode).toBe(0);
  await connection.served;
  expect(connection.stream.isEnded).toBe(true);
});

test('does not read on while a client takes no answers', async () => {
  const platform = await withTopic();
  const writer = new KafkaTestConnection({ platform });
  await writer.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf('x'.repeat(900_000)) }));
  const connection = new KafkaTestConnection({ platform });
  connection.stream.stopTaking();
  const frames = Array.from({ length: 40 }, (_, at) =>
    encodeRequest(fetchApi, 4, at + 1, fetchRequestOf('orders', { 0: 0 })),
  );
  connection.stream.send(new Uint8Array(Buffer.concat(frames)));
  let reads = 0;
  const { reader } = platform.services;
  const read = reader.read.bind(reader);
  reader.read = (options) => {
    reads += 1;
    return read(options);
  };
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(reads).toBeLessThan(5);
  connection.stream.goOnTaking();
  for (let at = 1; at <= 40; at += 1) expect((await connection.answer(fetchApi, 4)).correlationId).toBe(at);
});

test('sends nothing to a producer that wants no acks, and appends all the same', async () => {
  const connection = new KafkaTestConnection({ platform: await withTopic() });
  connection.send(produceApi, 9, { ...produceRequestOf('orders', { 0: batchOf('quiet') }), acks: 0 });
  const correlationId = connection.send(metadata, 9, metadataRequestOf([]));
  expect((await connection.answer(metadata, 9)).correlationId).toBe(correlationId);
  const again = await connection.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf('next') }));
  expect(again.responses[0]!.partitionResponses[0]!.baseOffset).toBe(1);
});

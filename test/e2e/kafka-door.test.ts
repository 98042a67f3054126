import { connect, type Socket } from 'node:net';
import { CompressionTypes, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { findFreePort } from '../../src/cli/dev/loopback.ts';
import { apiVersionsRequest, apiVersionsResponse } from '../../src/kafka/messages/api-versions.ts';
import { kafkaCarriers } from '../support/kafka-carriers.ts';
import { decodeAnswer, encodeRequest } from '../support/kafka-client.ts';
import { batchOf, fetchApi, fetchRequestOf, produceApi, produceRequestOf } from '../support/kafka-requests.ts';
import { hasKcat, kcat } from '../support/kcat.ts';
import { startPlatformProcess } from '../support/platform.ts';

const apiVersions = { key: 18, request: apiVersionsRequest, response: apiVersionsResponse };

const { carriers, platform } = kafkaCarriers();

const kafkaOf = (brokers: string) =>
  new Kafka({ clientId: 'test', brokers: brokers.split(','), logLevel: logLevel.ERROR });

/** Everything in a partition, as the HTTP door renders it. */
async function recordsOf(topic: string, partition = 0) {
  const answer = await fetch(
    `${platform().url}/v1/topics/${topic}/partitions/${partition}/records?offset=earliest&as=text`,
  );
  return ((await answer.json()) as { records: { key: string; value: string; headers: unknown }[] }).records;
}

/** A plain socket to the Kafka door. */
class RawSocket {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isOver = false;

  constructor(servers: string) {
    const [host, port] = servers.split(':');
    this.#socket = connect({ host: host!, port: Number(port), allowHalfOpen: true });
    this.#socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data]);
    });
    this.#socket.on('end', () => {
      this.#isOver = true;
    });
    // A reset is one of the ways in which a connection is ended.
    this.#socket.on('error', () => {
      this.#isOver = true;
    });
  }

  send(bytes: Uint8Array): this {
    this.#socket.write(bytes);
    return this;
  }

  /** FIN. */
  finish(): this {
    this.#socket.end();
    return this;
  }

  /** Every answer until the platform ends the connection. */
  async answersUntilEnd(): Promise<Uint8Array[]> {
    await expect.poll(() => this.#isOver, { timeout: 20_000 }).toBe(true);
    this.#socket.destroy();
    return this.#frames();
  }

  async answers(count: number): Promise<Uint8Array[]> {
    await expect.poll(() => this.#frames().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
    return this.#frames();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #frames(): Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (let at = 0; at + 4 <= this.#received.length; ) {
      const size = this.#received.readInt32BE(at);
      if (at + 4 + size > this.#received.length) break;
      frames.push(this.#received.subarray(at + 4, at + 4 + size));
      at += 4 + size;
    }
    return frames;
  }
}

const hello = (correlationId: number, version = 0) =>
  encodeRequest(apiVersions, version, correlationId, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' });

describe.each(['tcp', 'kafka-proxy'] as const)('over %s', (carrier) => {
  const servers = carriers[carrier];
  const named = (topic: string) => `${topic}.${carrier}`;

  describe('kafkajs', () => {
    test('produces with keys, headers, tombstones and gzip; the other doors read what it sent', async () => {
      const producer = kafkaOf(servers()).producer();
      await producer.connect();
      await producer.send({
        topic: named('from-kafkajs'),
        compression: CompressionTypes.GZIP,
        messages: [
          { key: 'ada', value: 'one', headers: { trace: '7' } },
          { key: 'ada', value: null },
        ],
      });
      const [appended] = await producer.send({ topic: named('from-kafkajs'), messages: [{ value: 'three' }] });
      expect(appended).toMatchObject({ partition: 0, errorCode: 0, baseOffset: '2', logStartOffset: '0' });
      await producer.disconnect();
      expect(await recordsOf(named('from-kafkajs'))).toMatchObject([
        { key: 'ada', value: 'one', headers: [{ name: 'trace', value: '7' }] },
        { key: 'ada', value: null },
        { key: null, value: 'three' },
      ]);
    });

    test('tells where partitions begin and end', async () => {
      const producer = kafkaOf(servers()).producer();
      await producer.connect();
      await producer.send({
        topic: named('ends'),
        messages: [{ value: 'a' }, { value: 'b', timestamp: '1700000000000' }],
      });
      await producer.disconnect();
      const admin = kafkaOf(servers()).admin();
      await admin.connect();
      expect(await admin.listTopics()).toContain(named('ends'));
      expect(await admin.fetchTopicOffsets(named('ends'))).toEqual([
        { partition: 0, offset: '2', high: '2', low: '0' },
      ]);
      expect(await admin.fetchTopicOffsetsByTimestamp(named('ends'), Date.now() + 60_000)).toMatchObject([
        { offset: '2' },
      ]);
      await admin.disconnect();
    });
  });

  if (!hasKcat) console.warn('kcat is not here, so it is not tested with: apt-get install kcat, or brew install kcat.');

  describe.each(hasKcat ? ['kcat'] : [])('%s', () => {
    test('lists, produces, reads to the end and asks for offsets', async () => {
      const lines = Array.from({ length: 1_000 }, (_, index) => `k${index}:v${index}`);
      await kcat(servers(), ['-t', named('from-kcat'), '-P', '-K:'], `${lines.join('\n')}\n`);
      const listed = await kcat(servers(), ['-L', '-t', named('from-kcat')]);
      expect(listed).toContain(`topic "${named('from-kcat')}" with 1 partitions`);
      expect(listed).toContain(`broker 0 at ${servers()} (controller)`);
      const read = await kcat(servers(), ['-t', named('from-kcat'), '-C', '-e', '-q', '-f', '%o %k:%s\\n']);
      expect(read.trim().split('\n')).toEqual(lines.map((line, index) => `${index} ${line}`));
      expect(await kcat(servers(), ['-Q', '-t', `${named('from-kcat')}:0:-1`])).toContain('offset 1000');
      expect(await kcat(servers(), ['-Q', '-t', `${named('from-kcat')}:0:-2`])).toContain('offset 0');
    });

    test('produces idempotently', async () => {
      const values = Array.from({ length: 3_000 }, (_, index) => `${index}`);
      const options = ['-X', 'enable.idempotence=true', '-X', 'linger.ms=1', '-X', 'batch.num.messages=50'];
      await kcat(servers(), ['-t', named('once'), '-P', ...options], `${values.join('\n')}\n`);
      expect((await recordsOf(named('once'))).map(({ value }) => value)).toEqual(values);
    });

    test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('produces and reads %s', async (codec) => {
      const topic = named(`codec-${codec}`);
      const values = Array.from({ length: 200 }, (_, index) => `${codec} ${'la'.repeat(50)} ${index}`);
      await kcat(servers(), ['-t', topic, '-P', '-z', codec], `${values.join('\n')}\n`);
      const read = await kcat(servers(), ['-t', topic, '-C', '-e', '-q', '-f', '%s\\n']);
      expect(read.trim().split('\n')).toEqual(values);
      expect((await recordsOf(topic)).map(({ value }) => value)).toEqual(values);
    });
  });

  test('the admin of kafkajs', async () => {
    const admin = kafkaOf(servers()).admin();
    await admin.connect();
    const topic = named('administered');
    const configEntries = [{ name: 'retention.ms', value: '600000' }];
    expect(await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] })).toBe(true);
    expect(await admin.createTopics({ topics: [{ topic }] })).toBe(false);
    await expect(admin.createTopics({ topics: [{ topic: 'no/name' }] })).rejects.toThrow('Topic creation errors');
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    expect(topics[0]!.partitions).toHaveLength(3);
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms'] };
    const described = await admin.describeConfigs({ resources: [resource], includeSynonyms: true });
    expect(described.resources[0]!.configEntries).toMatchObject([
      { configName: 'retention.ms', configValue: '600000' },
    ]);
    const changed = {
      type: ConfigResourceTypes.TOPIC,
      name: topic,
      configEntries: [{ name: 'segment.ms', value: '60000' }],
    };
    await admin.alterConfigs({ resources: [changed], validateOnly: false });
    const after = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
    expect(after.resources[0]!.configEntries).toMatchObject([{ configValue: '604800000', isDefault: true }]);
    expect(await admin.describeCluster()).toMatchObject({ clusterId: 'local', controller: 0 });

    const producer = kafkaOf(servers()).producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (let at = 0; at < 5; at += 1) {
      await producer.send({ topic, messages: [{ partition: 1, value: `${at}` }] });
    }
    await producer.disconnect();
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '3' }] });
    expect(await admin.fetchTopicOffsets(topic)).toContainEqual({ partition: 1, offset: '5', high: '5', low: '3' });

    expect(await admin.fetchOffsets({ groupId: 'nobody', topics: [topic] })).toMatchObject([{ topic }]);
    expect(await admin.listGroups()).toEqual({ groups: [] });
    await admin.deleteTopics({ topics: [topic] });
    expect(await admin.listTopics()).not.toContain(topic);
    await admin.disconnect();
  });

  describe('a connection', () => {
    test.each([
      ['a browser', Buffer.from('POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 4\r\n\r\nabcd')],
      ['TLS', Buffer.from('16030100c2010000be0303', 'hex')],
      ['noise', Buffer.alloc(4_096, 0xa5)],
    ])('that %s opened is ended without an answer, and no other one notices', async (_, bytes) => {
      using other = new RawSocket(servers());
      other.send(hello(1));
      expect(await new RawSocket(servers()).send(bytes).answersUntilEnd()).toEqual([]);
      other.send(hello(2));
      expect(await other.answers(2)).toHaveLength(2);
    });

    test('that the client ends in the middle still gets its answers', async () => {
      const frames = [
        hello(1),
        encodeRequest(produceApi, 9, 2, produceRequestOf(named('half'), { 0: batchOf('a') })),
        hello(3),
      ];
      const answers = await new RawSocket(servers()).send(Buffer.concat(frames)).finish().answersUntilEnd();
      expect(answers.map((answer) => Buffer.from(answer).readInt32BE(0))).toEqual([1, 2, 3]);
    });

    test('waits for records that come later, and hears of them at once', async () => {
      using writer = new RawSocket(servers());
      using reader = new RawSocket(servers());
      await fetch(`${platform().url}/v1/topics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: named('awaited'), partitions: 8 }),
      });
      const offsets = Object.fromEntries(Array.from({ length: 8 }, (_, partition) => [partition, 0]));
      const request = { ...fetchRequestOf(named('awaited'), offsets), maxWaitMs: 25_000 };
      reader.send(encodeRequest(fetchApi, 11, 1, request));
      await new Promise((resolve) => setTimeout(resolve, 300));
      writer.send(encodeRequest(produceApi, 9, 1, produceRequestOf(named('awaited'), { 5: batchOf('news') })));
      const startedMs = Date.now();
      const [answer] = await reader.answers(1);
      expect(Date.now() - startedMs).toBeLessThan(20_000);
      const { body } = decodeAnswer(fetchApi, 11, answer!);
      const lengths = body.responses[0]!.partitions.map(({ records }) => records?.length ?? 0);
      expect(lengths.map((length) => length > 0)).toEqual([false, false, false, false, false, true, false, false]);
    });
  });
});

test('appears as several brokers, all of which lead to the same log', async () => {
  const ports = [await findFreePort('127.0.0.1'), await findFreePort('127.0.0.1')];
  await using several = await startPlatformProcess({ args: ['--kafka-port', ports.join()] });
  expect(several.kafkaServers).toBe(ports.map((port) => `127.0.0.1:${port}`).join());
  const admin = kafkaOf(several.kafkaServers).admin();
  await admin.connect();
  const { brokers } = await admin.describeCluster();
  expect(brokers.map(({ nodeId, port }) => [nodeId, port])).toEqual(ports.map((port, index) => [index, port]));
  await admin.disconnect();
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  Admin,
  Consumer,
  type ConsumerOptions,
  cooperativeStickyAssigner,
  findErrorBy,
  type Message,
  type MessagesStream,
  Producer,
  type ProducerOptions,
} from '@platformatic/kafka';
import { crossRecords, crossTopic, eventually, named, runScenarios, type Scenario, servers } from './scenarios.ts';

// The package does not export its own description.
const description = join(dirname(createRequire(import.meta.url).resolve('@platformatic/kafka')), '../package.json');
const { version } = JSON.parse(readFileSync(description, 'utf8')) as { version: string };

/** The line that a program needs. */
const connection = { clientId: 'suite', bootstrapBrokers: servers };

type Bytes = Buffer | undefined;
type Sent = Parameters<Producer['send']>[0];

async function withAdmin<Outcome>(work: (admin: Admin) => Promise<Outcome>): Promise<Outcome> {
  const admin = new Admin(connection);
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

const createTopic = (topic: string, partitions = 1) =>
  withAdmin((admin) => admin.createTopics({ topics: [topic], partitions, replicas: 1 }));

async function produce(
  messages: Sent['messages'],
  options: Partial<ProducerOptions<Buffer, Buffer, Buffer, Buffer>> = {},
): Promise<void> {
  const producer = new Producer({ ...connection, ...options });
  try {
    await producer.send({ messages, acks: -1 });
  } finally {
    await producer.close();
  }
}

const texts = (topic: string, values: readonly string[]) =>
  values.map((value) => ({ topic, value: Buffer.from(value) }));

/** A member of a group, and what it read. */
class Reader {
  readonly consumer: Consumer;
  readonly messages: Message<Buffer, Buffer, Buffer, Buffer>[] = [];
  #stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> | undefined;

  constructor(groupId: string, options: Partial<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>> = {}) {
    const settings = { maxWaitTime: 500, heartbeatInterval: 300, ...options };
    this.consumer = new Consumer({ ...connection, groupId, ...settings } as ConsumerOptions<
      Buffer,
      Buffer,
      Buffer,
      Buffer
    >);
  }

  async run(topic: string, autocommit = true): Promise<this> {
    this.#stream = await this.consumer.consume({
      topics: [topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit,
    });
    this.#stream.on('data', (message) => this.messages.push(message));
    return this;
  }

  get values(): string[] {
    return this.messages.map(({ value }) => String(value));
  }

  async close(): Promise<void> {
    await this.#stream?.close();
    await this.consumer.close(true);
  }
}

let readings = 0;

async function readMessages(topic: string, count: number, options: { isolationLevel?: number } = {}) {
  readings += 1;
  const reader = await new Reader(named(`reading-${process.pid}-${readings}`), options).run(topic);
  try {
    await eventually(`${count} messages of ${topic}`, () => reader.messages.length >= count);
    return reader.messages;
  } finally {
    await reader.close();
  }
}

const failsWith = (id: string) => (error: Error) => {
  assert.ok(findErrorBy(error, 'apiId', id), `${id}: ${error.stack}`);
  return true;
};

const administers: Scenario = {
  name: 'administers topics',
  run: () =>
    withAdmin(async (admin) => {
      const topic = named('administered');
      const configs = [{ name: 'retention.ms', value: '600000' }];
      const [created] = await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1, configs });
      assert.equal(created!.partitions, 2);
      await admin.createPartitions({ topics: [{ name: topic, count: 3 }] });
      const resource = { resourceType: 2, resourceName: topic } as const;
      const configOf = async (name: string) => {
        const [described] = await admin.describeConfigs({ resources: [{ ...resource, configurationKeys: [name] }] });
        return described!.configs[0]!.value;
      };
      assert.equal(await configOf('retention.ms'), '600000');
      const change = { name: 'segment.ms', configOperation: 0, value: '60000' } as const;
      await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs: [change] }] });
      assert.equal(await configOf('segment.ms'), '60000');
      const { topics } = await admin.metadata({ topics: [topic] });
      assert.equal(topics.get(topic)!.partitionsCount, 3);
      await admin.deleteTopics({ topics: [topic] });
      assert.equal((await admin.listTopics()).includes(topic), false);
    }),
};

const deletesRecords: Scenario = {
  name: 'deletes records, and tells where partitions begin and end',
  run: async () => {
    const topic = named('trimmed');
    await createTopic(topic);
    await produce(texts(topic, ['0', '1', '2', '3', '4']));
    await withAdmin(async (admin) => {
      const [deleted] = await admin.deleteRecords({
        topics: [{ name: topic, partitions: [{ partition: 0, offset: 3n }] }],
      });
      assert.equal(deleted!.partitions[0]!.lowWatermark, 3n);
      const offsetAt = async (timestamp: bigint) => {
        const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }];
        return (await admin.listOffsets({ topics }))[0]!.partitions[0]!.offset;
      };
      assert.deepEqual([await offsetAt(-2n), await offsetAt(-1n)], [3n, 5n]);
    });
  },
};

const errors: Scenario = {
  name: 'hears the error that was made',
  run: async () => {
    const topic = named('mistaken');
    await createTopic(topic, 2);
    await assert.rejects(createTopic(topic), failsWith('TOPIC_ALREADY_EXISTS'));
    await assert.rejects(createTopic('no/name'), failsWith('INVALID_TOPIC_EXCEPTION'));
    await withAdmin(async (admin) => {
      const configs = [{ name: 'retention.ms', value: 'soon' }];
      await assert.rejects(admin.createTopics({ topics: [named('x')], configs }), failsWith('INVALID_CONFIG'));
      const fewer = admin.createPartitions({ topics: [{ name: topic, count: 1 }] });
      await assert.rejects(fewer, failsWith('INVALID_PARTITIONS'));
      const nowhere = admin.deleteTopics({ topics: [named('nowhere')] });
      await assert.rejects(nowhere, failsWith('UNKNOWN_TOPIC_OR_PARTITION'));
    });
    const tooLarge = produce([{ topic, value: Buffer.alloc(1_100_000) }], { retries: 0 });
    await assert.rejects(tooLarge, failsWith('MESSAGE_TOO_LARGE'));
  },
};

const producesWith = (compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'): Scenario => ({
  name: `produces and reads ${compression}`,
  run: async () => {
    const topic = named(`codec-${compression}`);
    await createTopic(topic);
    const values = Array.from({ length: 200 }, (_, at) => `${'la'.repeat(50)} ${at}`);
    await produce(texts(topic, values), { compression });
    assert.deepEqual(
      (await readMessages(topic, 200)).map(({ value }) => String(value)),
      values,
    );
  },
});

const dividesWith = (name: string, options: object, needs?: Scenario['needs']): Scenario => ({
  name: `divides a topic between two members (${name}), and again when one leaves`,
  needs,
  run: async () => {
    const topic = named(`divided-${name.replaceAll(/\W+/g, '-')}`);
    await createTopic(topic, 4);
    const one = await new Reader(topic, options).run(topic);
    const two = await new Reader(topic, options).run(topic);
    let sent = 0;
    /** Another record in each partition, until it is so: members may still be dividing what there is. */
    const sendUntil = (what: string, isSo: () => boolean) =>
      eventually(what, async () => {
        sent += 4;
        await produce(
          [0, 1, 2, 3].map((partition) => ({ topic, partition, value: Buffer.from(`${sent}/${partition}`) })),
        );
        return isSo();
      });
    await sendUntil('a part each', () => one.messages.length > 0 && two.messages.length > 0);
    await two.close();
    const read = () => new Set([...one.values, ...two.values]);
    await sendUntil(
      'every partition',
      () => new Set(one.messages.slice(-8).map(({ partition }) => partition)).size === 4,
    );
    await eventually('every message', () => read().size === sent);
    await one.close();
  },
});

const commits: Scenario = {
  name: 'goes on after what the group has committed',
  run: async () => {
    const topic = named('committed');
    await createTopic(topic);
    await produce(texts(topic, ['0', '1', '2', '3', '4']));
    const first = await new Reader(topic).run(topic, false);
    await eventually('every message', () => first.messages.length === 5);
    await first.consumer.commit({ offsets: [{ topic, partition: 0, offset: 3n, leaderEpoch: -1 }] });
    await first.close();
    const second = await new Reader(topic).run(topic);
    await eventually('the rest', () => second.messages.length >= 2);
    await second.close();
    assert.deepEqual(second.values, ['3', '4']);
  },
};

const administersGroups: Scenario = {
  name: 'lists, describes and deletes groups, and moves their offsets',
  run: async () => {
    const topic = named('grouped');
    await createTopic(topic);
    await produce(texts(topic, ['0', '1']));
    const reader = await new Reader(topic).run(topic);
    await eventually('every message', () => reader.messages.length === 2);
    await withAdmin(async (admin) => {
      assert.ok((await admin.listGroups()).has(topic));
      const described = (await admin.describeGroups({ groups: [topic] })).get(topic)!;
      assert.deepEqual([described.state, described.members.size], ['Stable', 1]);
      await assert.rejects(admin.deleteGroups({ groups: [topic] }), failsWith('NON_EMPTY_GROUP'));
      await reader.close();
      const topics = [{ name: topic, partitionOffsets: [{ partition: 0, offset: 1n }] }];
      await admin.alterConsumerGroupOffsets({ groupId: topic, topics });
      const [offsets] = await admin.listConsumerGroupOffsets({ groups: [topic] });
      assert.equal(offsets!.topics[0]!.partitions[0]!.committedOffset, 1n);
      await admin.deleteGroups({ groups: [topic] });
    });
  },
};

const idempotent: Scenario = {
  name: 'produces idempotently',
  run: async () => {
    const topic = named('once');
    await createTopic(topic);
    const producer = new Producer({ ...connection, idempotent: true });
    for (let at = 0; at < 20; at += 1) await producer.send({ messages: texts(topic, [`${at}`]), acks: -1 });
    await producer.close();
    const values = (await readMessages(topic, 20)).map(({ value }) => Number(value));
    assert.deepEqual(
      values,
      Array.from({ length: 20 }, (_, at) => at),
    );
  },
};

const readCommitted = 1;

const transacts: Scenario = {
  name: 'commits and aborts transactions, of which readers see what was committed',
  needs: 'transactions',
  run: async () => {
    const topic = named('transacted');
    await createTopic(topic);
    const producer = new Producer({ ...connection, idempotent: true, transactionalId: topic });
    for (const [value, isCommitted] of [
      ['one', true],
      ['two', false],
      ['three', true],
    ] as const) {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: texts(topic, [value]) });
      await (isCommitted ? transaction.commit() : transaction.abort());
    }
    await producer.close();
    const read = await readMessages(topic, 2, { isolationLevel: readCommitted });
    assert.deepEqual(
      read.map(({ value }) => String(value)),
      ['one', 'three'],
    );
  },
};

const writesCross: Scenario = {
  name: 'writes for the others',
  run: async () => {
    if (crossTopic === '') return;
    for (const [at, { key, value, headers, timestamp }] of crossRecords.entries()) {
      const compression = (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)[at % 5];
      const message = {
        topic: crossTopic,
        key: (key ?? undefined) as Bytes,
        value: (value ?? undefined) as Bytes,
        headers: new Map(headers.map(([name, header]) => [Buffer.from(name), header])),
        timestamp: BigInt(timestamp),
      };
      await produce([message], { compression });
    }
  },
};

async function readCross(topic: string): Promise<void> {
  const read = await readMessages(topic, crossRecords.length);
  const rendered = read.map(({ key, value, headers, timestamp }) => ({
    // It makes no difference between what is empty and what is not there.
    key: key ?? Buffer.alloc(0),
    value: value ?? Buffer.alloc(0),
    headers: [...headers].map(([name, header]) => [name.toString(), header]),
    timestamp: Number(timestamp),
  }));
  const expected = crossRecords.map((record) => ({
    ...record,
    key: record.key ?? Buffer.alloc(0),
    value: record.value ?? Buffer.alloc(0),
  }));
  assert.deepEqual(rendered, expected);
}

await runScenarios(
  `@platformatic/kafka ${version}`,
  [
    administers,
    deletesRecords,
    errors,
    ...(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).map(producesWith),
    dividesWith('roundrobin', {}),
    dividesWith('cooperative-sticky', {
      partitionAssigner: cooperativeStickyAssigner,
      protocols: [{ name: 'cooperative-sticky', version: 1 }],
    }),
    dividesWith('KIP-848', { groupProtocol: 'consumer' }, 'consumer-protocol'),
    commits,
    administersGroups,
    idempotent,
    transacts,
    writesCross,
  ],
  readCross,
);

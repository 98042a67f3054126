import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import kafkajs, { type Message } from 'kafkajs';
import { compressLz4, decompressLz4 } from '../../../src/log/lz4.ts';
import { registerKafkajsCodecs } from '../../support/kafkajs-codecs.ts';
import { createTopic, Reader, readMessages, withAdmin, withProducer } from './kafkajs-connections.ts';
import { kafkajsTransactions } from './kafkajs-transactions.ts';
import { crossRecords, crossTopic, eventually, named, runScenarios, type Scenario } from './scenarios.ts';

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, ConfigSource } = kafkajs;
const { version } = createRequire(import.meta.url)('kafkajs/package.json') as { version: string };

/** kafkajs says the code's name in `type`, of an error or of those inside it. */
const failsWith = (type: string) => (error: { type?: string; errors?: readonly { type: string }[] }) =>
  assert.equal(error.errors?.[0]?.type ?? error.type, type) === undefined;

const administers: Scenario = {
  name: 'administers topics',
  run: () =>
    withAdmin(async (admin) => {
      const topic = named('administered');
      const configEntries = [{ name: 'retention.ms', value: '600000' }];
      assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] }), true);
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      assert.deepEqual(topics[0]!.partitions.map(({ partitionId }) => partitionId).sort(), [0, 1, 2]);
      const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
      const entryOf = async (name: string) => {
        const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: true });
        return resources[0]!.configEntries.find(({ configName }) => configName === name)!;
      };
      assert.equal((await entryOf('retention.ms')).configValue, '600000');
      assert.equal((await entryOf('cleanup.policy')).configSource, ConfigSource.DEFAULT_CONFIG);
      const altered = { ...resource, configEntries: [{ name: 'segment.ms', value: '60000' }] };
      await admin.alterConfigs({ resources: [altered], validateOnly: false });
      assert.equal((await entryOf('segment.ms')).configValue, '60000');
      assert.equal((await entryOf('retention.ms')).configValue, '604800000');
      await admin.deleteTopics({ topics: [topic] });
      assert.equal((await admin.listTopics()).includes(topic), false);
      assert.ok((await admin.describeCluster()).brokers.length > 0);
    }),
};

const deletesRecords: Scenario = {
  name: 'deletes records, and tells where partitions begin and end',
  run: async () => {
    const topic = named('trimmed');
    await createTopic(topic);
    await withProducer((producer) =>
      producer.send({ topic, messages: Array.from({ length: 5 }, (_, at) => ({ value: `${at}` })) }),
    );
    await withAdmin(async (admin) => {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] });
      assert.deepEqual(await admin.fetchTopicOffsets(topic), [{ partition: 0, offset: '5', high: '5', low: '3' }]);
    });
    assert.deepEqual(
      (await readMessages(topic, 2)).map(({ offset }) => offset),
      ['3', '4'],
    );
  },
};

const errors: Scenario = {
  name: 'hears the error that was made',
  run: async () => {
    const topic = named('mistaken');
    await createTopic(topic, 2);
    await withAdmin(async (admin) => {
      assert.equal(await admin.createTopics({ topics: [{ topic }] }), false);
      await assert.rejects(
        admin.createTopics({ topics: [{ topic: 'no/name' }] }),
        failsWith('INVALID_TOPIC_EXCEPTION'),
      );
      const invalid = [{ topic: named('x'), configEntries: [{ name: 'retention.ms', value: 'soon' }] }];
      await assert.rejects(admin.createTopics({ topics: invalid }), failsWith('INVALID_CONFIG'));
      const fewer = admin.createPartitions({ topicPartitions: [{ topic, count: 1 }] });
      await assert.rejects(fewer, failsWith('INVALID_PARTITIONS'));
      // Before it knows a topic's leaders, kafkajs does not ask them.
      await admin.fetchTopicOffsets(topic);
      const beyond = admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '9' }] });
      await assert.rejects(beyond, /Error while deleting records/);
    });
    await withProducer(async (producer) => {
      const tooLarge = [{ value: Buffer.alloc(1_100_000) }];
      await assert.rejects(producer.send({ topic, messages: tooLarge }), failsWith('MESSAGE_TOO_LARGE'));
    });
  },
};

/** More than any batch of this program unpacks to. */
const unpackedBytesMax = 1_000_000;

const codecs = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

const producesWith = ([name, compression]: [string, number]): Scenario => ({
  name: `produces and reads ${name}`,
  run: async () => {
    const topic = named(`codec-${name}`);
    const messages = Array.from({ length: 200 }, (_, at) => ({ key: `${at}`, value: `${'la'.repeat(50)} ${at}` }));
    await withProducer((producer) => producer.send({ topic, compression, messages }));
    const read = await readMessages(topic, messages.length);
    assert.deepEqual(
      read.map(({ key, value }) => ({ key: `${key}`, value: `${value}` })),
      messages,
    );
  },
});

const keepsBytes: Scenario = {
  name: 'keeps headers, tombstones, empty values and timestamps',
  run: async () => {
    const topic = named('bytes');
    const messages: Message[] = [
      { key: 'a', value: 'x', headers: { one: 'first', bytes: Buffer.from([0, 255]) }, timestamp: '1700000000000' },
      { key: 'a', value: null },
      { key: null, value: '' },
    ];
    await withProducer((producer) => producer.send({ topic, messages }));
    const [first, second, third] = await readMessages(topic, 3);
    assert.deepEqual(first!.headers, { one: Buffer.from('first'), bytes: Buffer.from([0, 255]) });
    assert.equal(first!.timestamp, '1700000000000');
    assert.equal(second!.value, null);
    assert.deepEqual([third!.key, third!.value], [null, Buffer.alloc(0)]);
  },
};

const seeks: Scenario = {
  name: 'seeks by offset, and finds offsets by timestamp',
  run: async () => {
    const topic = named('sought');
    await createTopic(topic);
    const messages = Array.from({ length: 10 }, (_, at) => ({
      value: `${at}`,
      timestamp: `${1_700_000_000_000 + at}`,
    }));
    await withProducer((producer) => producer.send({ topic, messages }));
    const [found] = await withAdmin((admin) => admin.fetchTopicOffsetsByTimestamp(topic, 1_700_000_000_004));
    assert.equal(found!.offset, '4');
    const reader = await new Reader(named('seeker')).run(topic);
    await eventually('all records', () => reader.messages.length === 10);
    reader.consumer.seek({ topic, partition: 0, offset: found!.offset });
    await eventually('the rest once more', () => reader.messages.length === 16);
    await reader.consumer.disconnect();
    assert.deepEqual(reader.values.slice(10), ['4', '5', '6', '7', '8', '9']);
  },
};

/** Four partitions with ten messages each. */
async function fourPartitions(topic: string): Promise<void> {
  await createTopic(topic, 4);
  const messages = [0, 1, 2, 3].flatMap((partition) =>
    Array.from({ length: 10 }, (_, at) => ({ partition, value: `${partition}/${at}` })),
  );
  await withProducer((producer) => producer.send({ topic, messages }));
}

const dividesRoundRobin: Scenario = {
  name: 'divides a topic between two members (round robin), and again when one leaves',
  run: async () => {
    const topic = named('divided');
    const group = named('divided');
    await fourPartitions(topic);
    const one = await new Reader(group).run(topic);
    const two = await new Reader(group).run(topic);
    await eventually('two partitions each', () => one.assigned.length === 2 && two.assigned.length === 2);
    assert.deepEqual([...one.assigned, ...two.assigned].sort(), [0, 1, 2, 3]);
    await two.consumer.disconnect();
    await eventually('all of them', () => one.assigned.length === 4);
    const values = () => new Set([...one.values, ...two.values]);
    await eventually('every message', () => values().size === 40);
    await one.consumer.disconnect();
  },
};

const commits: Scenario = {
  name: 'goes on after what the group has committed',
  run: async () => {
    const topic = named('committed');
    const groupId = named('committed');
    await fourPartitions(topic);
    const first = await new Reader(groupId).run(topic, false);
    await eventually('every message', () => first.messages.length === 40);
    await first.consumer.commitOffsets([0, 1, 2, 3].map((partition) => ({ topic, partition, offset: '7' })));
    await first.consumer.disconnect();
    const second = await new Reader(groupId).run(topic);
    await eventually('the rest', () => second.messages.length === 12);
    assert.deepEqual(
      second.values.sort(),
      [0, 1, 2, 3].flatMap((partition) => [7, 8, 9].map((at) => `${partition}/${at}`)),
    );
    await second.consumer.disconnect();
  },
};

const administersGroups: Scenario = {
  name: 'lists, describes and deletes groups, and moves their offsets',
  run: async () => {
    const topic = named('grouped');
    const groupId = named('grouped');
    await fourPartitions(topic);
    const reader = await new Reader(groupId).run(topic);
    await eventually('every message', () => reader.messages.length === 40);
    await withAdmin(async (admin) => {
      assert.ok((await admin.listGroups()).groups.some((group) => group.groupId === groupId));
      const { groups } = await admin.describeGroups([groupId]);
      assert.deepEqual(
        [groups[0]!.state, groups[0]!.members.length, groups[0]!.protocol],
        ['Stable', 1, 'RoundRobinAssigner'],
      );
      await assert.rejects(
        admin.deleteGroups([groupId]),
        (error: { groups?: { error?: { type: string } }[] }) =>
          assert.equal(error.groups?.[0]?.error?.type, 'NON_EMPTY_GROUP') === undefined,
      );
      await reader.consumer.disconnect();
      await admin.setOffsets({ groupId, topic, partitions: [{ partition: 2, offset: '5' }] });
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
      assert.equal(offsets!.partitions.find(({ partition }) => partition === 2)!.offset, '5');
      await admin.deleteGroups([groupId]);
      assert.equal(
        (await admin.listGroups()).groups.some((group) => group.groupId === groupId),
        false,
      );
    });
  },
};

const idempotent: Scenario = {
  name: 'produces idempotently',
  run: async () => {
    const topic = named('once');
    await withProducer(
      async (producer) => {
        for (let at = 0; at < 20; at += 1) await producer.send({ topic, messages: [{ value: `${at}` }] });
      },
      { idempotent: true, maxInFlightRequests: 1 },
    );
    const read = await readMessages(topic, 20);
    assert.deepEqual(
      read.map(({ value }) => Number(value)),
      Array.from({ length: 20 }, (_, at) => at),
    );
  },
};

const writesCross: Scenario = {
  name: 'writes for the others',
  run: async () => {
    if (crossTopic === '') return;
    await withProducer(async (producer) => {
      for (const [at, { key, value, headers, timestamp }] of crossRecords.entries()) {
        const message = { key, value, headers: Object.fromEntries(headers), timestamp: `${timestamp}` };
        await producer.send({ topic: crossTopic, compression: at % 5, messages: [message] });
      }
    });
  },
};

async function readCross(topic: string): Promise<void> {
  const read = await readMessages(topic, crossRecords.length);
  const rendered = read.map(({ key, value, headers = {}, timestamp }) => ({
    key,
    value,
    headers: Object.entries(headers),
    timestamp: Number(timestamp),
  }));
  assert.deepEqual(rendered, crossRecords);
}

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
registerKafkajsCodecs();
// lz4js writes and reads frames of its own kind only, which Java's clients refuse; what kafkajs is to be tested for is the rest.
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async ({ buffer }: { readonly buffer: Buffer }) => Buffer.from(compressLz4(buffer)),
  decompress: async (bytes: Buffer) => {
    const unpacked = decompressLz4(bytes, unpackedBytesMax);
    assert(unpacked.ok);
    return Buffer.from(unpacked.value);
  },
});
await runScenarios(
  `kafkajs ${version}`,
  [
    administers,
    deletesRecords,
    errors,
    ...Object.entries(codecs).map(producesWith),
    keepsBytes,
    seeks,
    dividesRoundRobin,
    commits,
    administersGroups,
    idempotent,
    ...kafkajsTransactions,
    writesCross,
  ],
  readCross,
);

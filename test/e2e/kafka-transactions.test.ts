import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { kafkaCarriers } from '../support/kafka-carriers.ts';

const { carriers, platform } = kafkaCarriers();

/** Waits for what clients on connections of their own bring about. */
const eventually = { timeout: 30_000, interval: 50 };

describe.each(Object.entries(carriers))('transactions of kafkajs over %s', (carrier, servers) => {
  const named = (name: string) => `${carrier}-${name}`;
  const kafka = () => new Kafka({ clientId: 'test', brokers: servers().split(','), logLevel: logLevel.NOTHING });

  async function createTopics(...topics: string[]): Promise<void> {
    const admin = kafka().admin();
    await admin.connect();
    await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 3 })) });
    await admin.disconnect();
  }

  async function transactional(transactionalId: string): Promise<Producer> {
    const producer = kafka().producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return producer;
  }

  /** A record for each of the topic's partitions. */
  const everywhere = (value: string) => [0, 1, 2].map((partition) => ({ partition, value }));

  /** What a consumer of committed records has read. */
  async function readCommitted(topic: string): Promise<{ values: string[]; consumer: Consumer }> {
    const values: string[] = [];
    // Committed records alone is what kafkajs asks for.
    const consumer = kafka().consumer({ groupId: `${topic}-readers`, maxWaitTimeInMs: 200 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        values.push(message.value!.toString());
      },
    });
    return { values, consumer };
  }

  test('are read once they are committed, and never when they are aborted', async () => {
    const topic = named('committed');
    await createTopics(topic);
    const producer = await transactional(named('writer'));
    const { values, consumer } = await readCommitted(topic);

    const first = await producer.transaction();
    await first.send({ topic, messages: everywhere('first') });
    await first.commit();
    await expect.poll(() => [...values], eventually).toEqual(['first', 'first', 'first']);

    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: everywhere('aborted') });
    await aborted.abort();
    const open = await producer.transaction();
    await open.send({ topic, messages: everywhere('open') });
    // What comes after an open transaction waits for it.
    const plain = kafka().producer();
    await plain.connect();
    await plain.send({ topic, messages: [{ partition: 0, value: 'plain' }] });
    await plain.disconnect();
    const shown = await fetch(
      `${platform().url}/v1/topics/${topic}/partitions/0/records?offset=earliest&as=text&isolation=read_committed`,
    );
    const { records } = (await shown.json()) as { records: { value: string }[] };
    expect(records.map(({ value }) => value)).toEqual(['first']);
    expect(values).toHaveLength(3);
    await open.commit();
    await expect.poll(() => values.slice(3).sort(), eventually).toEqual(['open', 'open', 'open', 'plain']);
    await consumer.disconnect();
    await producer.disconnect();
  });

  test('commit offsets of the group that was read from, or none', async () => {
    const [from, to, groupId] = [named('from'), named('to'), named('transformers')];
    await createTopics(from, to);
    const admin = kafka().admin();
    await admin.connect();
    const committed = async () => {
      const [topic] = await admin.fetchOffsets({ groupId, topics: [from] });
      return topic!.partitions.map(({ partition, offset }) => [partition, offset]).sort();
    };
    const producer = await transactional(named('transformer'));
    const source = kafka().producer();
    await source.connect();
    await source.send({ topic: from, messages: everywhere('in') });
    await source.disconnect();

    const offsetsAt = (offset: string) => ({
      consumerGroupId: groupId,
      topics: [{ topic: from, partitions: [{ partition: 1, offset }] }],
    });
    const aborted = await producer.transaction();
    await aborted.send({ topic: to, messages: everywhere('out') });
    await aborted.sendOffsets(offsetsAt('1'));
    await aborted.abort();
    expect(await committed()).toContainEqual([1, '-1']);
    const kept = await producer.transaction();
    await kept.send({ topic: to, messages: everywhere('out') });
    await kept.sendOffsets(offsetsAt('1'));
    await kept.commit();
    await expect.poll(committed, eventually).toContainEqual([1, '1']);
    await admin.disconnect();
    await producer.disconnect();
  });

  test('are aborted when another producer takes over the transactional id, and the first is fenced', async () => {
    const topic = named('fenced');
    await createTopics(topic);
    const first = await transactional(named('same'));
    const lost = await first.transaction();
    await lost.send({ topic, messages: everywhere('lost') });
    const second = await transactional(named('same'));
    const kept = await second.transaction();
    await kept.send({ topic, messages: everywhere('kept') });
    await expect(lost.send({ topic, messages: everywhere('late') })).rejects.toThrow();
    await expect(lost.commit()).rejects.toThrow();
    await kept.commit();
    const { values, consumer } = await readCommitted(topic);
    await expect.poll(() => [...values], eventually).toEqual(['kept', 'kept', 'kept']);
    await consumer.disconnect();
    await first.disconnect();
    await second.disconnect();
  });
});

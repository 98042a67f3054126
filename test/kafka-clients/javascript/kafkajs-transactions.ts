import assert from 'node:assert/strict';
import { createTopic, kafka, Reader, readMessages, withAdmin, withProducer } from './kafkajs-connections.ts';
import { eventually, named, type Scenario } from './scenarios.ts';

const producerOf = (transactionalId: string) =>
  kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });

const commitsAndAborts: Scenario = {
  name: 'commits and aborts transactions, of which readers see what was committed',
  needs: 'transactions',
  run: async () => {
    const topic = named('transacted');
    await createTopic(topic, 2);
    const producer = producerOf(named('tx'));
    await producer.connect();
    for (const [value, commits] of [
      ['one', true],
      ['two', false],
      ['three', true],
    ] as const) {
      const transaction = await producer.transaction();
      const messages = [0, 1].map((partition) => ({ partition, value }));
      await transaction.send({ topic, messages });
      await (commits ? transaction.commit() : transaction.abort());
    }
    await producer.disconnect();
    const read = await readMessages(topic, 4);
    assert.deepEqual(read.map(({ value }) => `${value}`).sort(), ['one', 'one', 'three', 'three']);
    const dirty = await new Reader(named('dirty'), { readUncommitted: true }).run(topic);
    await eventually('aborted ones too', () => dirty.messages.length === 6);
    await dirty.consumer.disconnect();
  },
};

const sendsOffsets: Scenario = {
  name: 'sends offsets with a transaction',
  needs: 'transactions',
  run: async () => {
    const [source, sink, groupId] = [named('tx-source'), named('tx-sink'), named('tx-group')];
    await createTopic(source);
    await createTopic(sink);
    await withProducer((producer) => producer.send({ topic: source, messages: [{ value: 'in' }] }));
    const producer = producerOf(named('tx-offsets'));
    await producer.connect();
    const offsetOf = async () =>
      withAdmin(
        async (admin) => (await admin.fetchOffsets({ groupId, topics: [source] }))[0]!.partitions[0]?.offset ?? '-1',
      );
    for (const commits of [false, true]) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: sink, messages: [{ value: `out ${commits}` }] });
      const partitions = [{ partition: 0, offset: '1' }];
      await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic: source, partitions }] });
      await (commits ? transaction.commit() : transaction.abort());
      await eventually('the offset', async () => (await offsetOf()) === (commits ? '1' : '-1'));
    }
    await producer.disconnect();
    assert.deepEqual(
      (await readMessages(sink, 1)).map(({ value }) => `${value}`),
      ['out true'],
    );
  },
};

const fences: Scenario = {
  name: 'is fenced by a later producer of the same id',
  needs: 'transactions',
  run: async () => {
    const topic = named('fenced');
    await createTopic(topic);
    const [first, second] = [producerOf(named('fenced')), producerOf(named('fenced'))];
    await first.connect();
    const lost = await first.transaction();
    await lost.send({ topic, messages: [{ value: 'lost' }] });
    await second.connect();
    const kept = await second.transaction();
    await kept.send({ topic, messages: [{ value: 'kept' }] });
    await assert.rejects(lost.commit(), /epoch|fenced/i);
    await kept.commit();
    await Promise.all([first.disconnect(), second.disconnect()]);
    assert.deepEqual(
      (await readMessages(topic, 1)).map(({ value }) => `${value}`),
      ['kept'],
    );
  },
};

export const kafkajsTransactions: readonly Scenario[] = [commitsAndAborts, sendsOffsets, fences];

import { beforeEach, expect, test } from 'vitest';
import { type ErrorCode, errorTable } from '../../src/errors/error-codes.ts';
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from '../../src/kafka/messages/describe-topic-partitions.ts';
import { listOffsetsRequest, listOffsetsResponse } from '../../src/kafka/messages/list-offsets.ts';
import { metadataRequest, metadataResponse } from '../../src/kafka/messages/metadata.ts';
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from '../../src/kafka/messages/offset-for-leader-epoch.ts';
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
import { unwrap } from '../support/partition-harness.ts';

const metadata = { key: 3, request: metadataRequest, response: metadataResponse };
const listOffsets = { key: 2, request: listOffsetsRequest, response: listOffsetsResponse };
const offsetForLeaderEpoch = {
  key: 23,
  request: offsetForLeaderEpochRequest,
  response: offsetForLeaderEpochResponse,
};
const describeTopicPartitions = {
  key: 75,
  request: describeTopicPartitionsRequest,
  response: describeTopicPartitionsResponse,
};

const numberOf = (code: ErrorCode): number => errorTable[code].number;

let platform: MemoryPlatform;
let connection: KafkaTestConnection;
/** Partition 1 of "orders" lost all it had, and goes on in leader epoch 1 with one record; the others are in epoch 0. */
beforeEach(async () => {
  platform = new MemoryPlatform();
  connection = new KafkaTestConnection({ platform });
  const { catalog, cluster, routes, partitions } = platform.services;
  const { topicId } = unwrap(await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 3 }));
  unwrap(await catalog.createTopic(cluster, { topic: 'bills', partitionCount: 2 }));
  const route = unwrap(await routes.find('orders'));
  const call = <T>(attempt: Parameters<typeof partitions.call<T>>[2]) =>
    partitions.call(route, 1, attempt, { repeatable: true });
  const description = unwrap(await call((stub, ref, version) => stub.describe(ref, version)));
  const witness = { leaderEpoch: 0, highWatermark: 10, lastBatchCrc: null };
  unwrap(await catalog.reportPartitions(cluster, [{ ...description, topicId, witness }]));
  expect(await produce()).toBe(numberOf('LOG_TRUNCATED'));
  unwrap(await call((stub, ref, version) => stub.recover(ref, version)));
  expect(await produce()).toBe(0);
  // It tells the cluster.
  unwrap(await call((stub, ref, version) => stub.maintain(ref, version)));
});

async function produce(): Promise<number> {
  const { responses } = await connection.ask(produceApi, 9, produceRequestOf('orders', { 1: batchOf('value') }));
  return responses[0]!.partitionResponses[0]!.errorCode;
}

async function fetchAs(currentLeaderEpoch: number, fetchOffset = 0, isolationLevel = 0): Promise<number> {
  const request = fetchRequestOf('orders', { 1: fetchOffset });
  const [topic] = request.topics;
  const topics = [{ ...topic!, partitions: topic!.partitions.map((asked) => ({ ...asked, currentLeaderEpoch })) }];
  const { responses } = await connection.ask(fetchApi, 11, { ...request, isolationLevel, topics });
  return responses[0]!.partitions[0]!.errorCode;
}

async function listAs(currentLeaderEpoch: number, timestamp: number, isolationLevel = 0) {
  const partitions = [{ partitionIndex: 1, timestamp, currentLeaderEpoch }];
  const { topics } = await connection.ask(listOffsets, 7, {
    replicaId: -1,
    isolationLevel,
    timeoutMs: 0,
    topics: [{ name: 'orders', partitions }],
  });
  return topics[0]!.partitions[0]!;
}

test.each([1, 9, 12])('metadata of version %i names the epoch of each partition', async (version) => {
  for (const topics of [['orders'], null]) {
    const answer = await connection.ask(metadata, version, metadataRequestOf(topics));
    const orders = answer.topics.find(({ name }) => name === 'orders')!;
    const epochs = version >= 7 ? [0, 1, 0] : [-1, -1, -1];
    expect(orders.partitions.map(({ leaderEpoch }) => leaderEpoch)).toEqual(epochs);
  }
});

test('whoever names another epoch than the one in force is refused, wherever it reads', async () => {
  const fenced = numberOf('FENCED_LEADER_EPOCH');
  for (const isolationLevel of [0, 1]) {
    expect(await fetchAs(0, 0, isolationLevel)).toBe(fenced);
    // Before it is looked whether there is such an offset.
    expect(await fetchAs(0, 9, isolationLevel)).toBe(fenced);
    expect(await fetchAs(2, 0, isolationLevel)).toBe(numberOf('UNKNOWN_LEADER_EPOCH'));
    expect(await fetchAs(1, 0, isolationLevel)).toBe(0);
    expect(await fetchAs(-1, 0, isolationLevel)).toBe(0);
    for (const timestamp of [-1, -2, 0]) {
      expect((await listAs(0, timestamp, isolationLevel)).errorCode).toBe(fenced);
    }
  }
  expect((await listAs(0, -3)).errorCode).toBe(fenced);
});

test('offsets come with the epoch that their records were written in', async () => {
  expect(await listAs(1, -1)).toMatchObject({ offset: 1, leaderEpoch: 1 });
  expect(await listAs(1, 0)).toMatchObject({ offset: 0, leaderEpoch: 1 });
  expect(await listAs(1, -2)).toMatchObject({ offset: 0, leaderEpoch: -1 });
});

test.each([2, 3, 4])(
  'a reader learns how far what it read is still there (OffsetForLeaderEpoch %i)',
  async (version) => {
    const ask = async (leaderEpoch: number, currentLeaderEpoch = 1, partition = 1) => {
      const answer = await connection.ask(offsetForLeaderEpoch, version, {
        topics: [{ topic: 'orders', partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
      });
      const { errorCode, leaderEpoch: found, endOffset } = answer.topics[0]!.partitions[0]!;
      return errorCode === 0 ? [found, endOffset] : errorCode;
    };
    expect(await ask(0)).toEqual([0, 0]);
    expect(await ask(1)).toEqual([1, 1]);
    expect(await ask(1, -1)).toEqual([1, 1]);
    expect(await ask(2)).toEqual([-1, -1]);
    expect(await ask(0, 0)).toBe(numberOf('FENCED_LEADER_EPOCH'));
    expect(await ask(0, 2)).toBe(numberOf('UNKNOWN_LEADER_EPOCH'));
    expect(await ask(0, -1, 7)).toBe(numberOf('UNKNOWN_TOPIC_OR_PARTITION'));
  },
);

test('DescribeTopicPartitions describes topics in the order of their names, a page at a time', async () => {
  type Cursor = { topicName: string; partitionIndex: number };
  const page = async (names: readonly string[], responsePartitionLimit: number, cursor: Cursor | null = null) => {
    const request = { topics: names.map((name) => ({ name })), responsePartitionLimit, cursor };
    const { topics, nextCursor } = await connection.ask(describeTopicPartitions, 0, request);
    const shown = topics.map(({ name, errorCode, partitions }) => [
      name,
      errorCode === 0 ? partitions.map(({ partitionIndex }) => partitionIndex) : errorCode,
    ]);
    return { shown, nextCursor };
  };
  const unknown = numberOf('UNKNOWN_TOPIC_OR_PARTITION');
  expect(await page(['orders', 'none', 'bills'], 2_000)).toEqual({
    shown: [
      ['bills', [0, 1]],
      ['none', unknown],
      ['orders', [0, 1, 2]],
    ],
    nextCursor: null,
  });
  const first = await page([], 3);
  expect(first).toEqual({
    shown: [
      ['bills', [0, 1]],
      ['orders', [0]],
    ],
    nextCursor: { topicName: 'orders', partitionIndex: 1 },
  });
  expect(await page([], 3, first.nextCursor)).toEqual({ shown: [['orders', [1, 2]]], nextCursor: null });
  expect(await page([], 2)).toMatchObject({ nextCursor: { topicName: 'orders', partitionIndex: 0 } });
  const described = await connection.ask(describeTopicPartitions, 0, { topics: [{ name: 'orders' }] });
  expect(described.topics[0]!.partitions.map(({ leaderId, leaderEpoch }) => [leaderId, leaderEpoch])).toEqual([
    [0, 0],
    [0, 1],
    [0, 0],
  ]);
  // Kafka's own admin fails on null.
  expect(described.topics[0]!.partitions[0]).toMatchObject({ eligibleLeaderReplicas: [], lastKnownElr: [] });
});

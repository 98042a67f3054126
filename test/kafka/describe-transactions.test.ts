import { beforeEach, expect, test } from 'vitest';
import { type ErrorCode, errorTable } from '../../src/errors/error-codes.ts';
import { describeProducersRequest, describeProducersResponse } from '../../src/kafka/messages/describe-producers.ts';
import {
  describeTransactionsRequest,
  describeTransactionsResponse,
} from '../../src/kafka/messages/describe-transactions.ts';
import { listTransactionsRequest, listTransactionsResponse } from '../../src/kafka/messages/list-transactions.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';
import { unwrap } from '../support/partition-harness.ts';

const describeProducers = { key: 61, request: describeProducersRequest, response: describeProducersResponse };
const describeTransactions = {
  key: 65,
  request: describeTransactionsRequest,
  response: describeTransactionsResponse,
};
const listTransactions = { key: 66, request: listTransactionsRequest, response: listTransactionsResponse };

const numberOf = (code: ErrorCode): number => errorTable[code].number;

let platform: MemoryPlatform;
let connection: KafkaTestConnection;
/** Of the transactional ids that were used: "open" has two partitions in a transaction under way, "done" has committed one. */
let producerIds: { open: number; done: number };
beforeEach(async () => {
  platform = new MemoryPlatform();
  connection = new KafkaTestConnection({ platform });
  const { catalog, cluster, transactions } = platform.services;
  unwrap(await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 2 }));
  const record = (partition: number) => ({ partition, key: null, value: null, headers: [], timestampMs: null });
  const used = async (transactionalId: string, partitions: readonly number[]) => {
    const name = { transactionalId, ...unwrap(await transactions.initProducer(transactionalId, 60_000, null)) };
    unwrap(await transactions.produce(name, 'orders', partitions.map(record), null));
    return name;
  };
  const done = await used('done', [0]);
  unwrap(await transactions.end(done, true, true));
  const open = await used('open', [0, 1]);
  producerIds = { open: open.producerId, done: done.producerId };
});

test('describes transactions, and says which ids there are not', async () => {
  const transactionalIds = ['open', 'done', 'nobody'];
  const { transactionStates } = await connection.ask(describeTransactions, 0, { transactionalIds });
  expect(transactionStates).toMatchObject([
    {
      errorCode: 0,
      transactionalId: 'open',
      transactionState: 'Ongoing',
      transactionTimeoutMs: 60_000,
      transactionStartTimeMs: platform.nowMs,
      producerId: producerIds.open,
      producerEpoch: 0,
      topics: [{ topic: 'orders', partitions: [0, 1] }],
    },
    { errorCode: 0, transactionState: 'CompleteCommit', transactionStartTimeMs: -1, producerEpoch: 1, topics: [] },
    { errorCode: numberOf('TRANSACTIONAL_ID_NOT_FOUND'), transactionalId: 'nobody' },
  ]);
});

test('lists transactions by state, producer, duration and the pattern of their id', async () => {
  const list = async (version: number, filters: Partial<Record<string, unknown>> = {}) => {
    const request = { stateFilters: [], producerIdFilters: [], ...filters };
    const answer = await connection.ask(listTransactions, version, request);
    expect(answer.errorCode).toBe(0);
    return answer.transactionStates.map(({ transactionalId }) => transactionalId);
  };
  expect(await list(0)).toEqual(['done', 'open']);
  expect(await list(0, { stateFilters: ['Ongoing', 'Empty'] })).toEqual(['open']);
  expect(await list(0, { producerIdFilters: [producerIds.done] })).toEqual(['done']);
  expect(await list(1, { durationFilter: 0 })).toEqual([]);
  platform.nowMs += 1_001;
  expect(await list(1, { durationFilter: 1_000 })).toEqual(['open']);
  expect(await list(2, { transactionalIdPattern: 'd.*' })).toEqual(['done']);
  expect(await list(2, { transactionalIdPattern: '' })).toEqual(['done', 'open']);
});

test('says which filters mean nothing', async () => {
  const request = { stateFilters: ['Ongoing', 'Sleeping'], producerIdFilters: [] };
  const answer = await connection.ask(listTransactions, 0, request);
  expect(answer).toMatchObject({ errorCode: 0, unknownStateFilters: ['Sleeping'], transactionStates: [{}] });
  const broken = { stateFilters: [], producerIdFilters: [], transactionalIdPattern: '(' };
  const { errorCode } = await connection.ask(listTransactions, 2, broken);
  expect(errorCode).toBe(numberOf('INVALID_REGULAR_EXPRESSION'));
});

test('describes the producers of partitions, with where their open transactions begin', async () => {
  const topics = [
    { name: 'orders', partitionIndexes: [0, 1, 9] },
    { name: 'none', partitionIndexes: [0] },
  ];
  const answer = await connection.ask(describeProducers, 0, { topics });
  const [first, second, missing] = answer.topics[0]!.partitions;
  expect(first).toMatchObject({
    errorCode: 0,
    activeProducers: [
      { producerId: producerIds.done, producerEpoch: 1, lastSequence: -1, currentTxnStartOffset: -1 },
      {
        producerId: producerIds.open,
        producerEpoch: 0,
        lastSequence: 0,
        lastTimestamp: platform.nowMs,
        // The other transaction's record and its marker come before.
        currentTxnStartOffset: 2,
      },
    ],
  });
  expect(second!.activeProducers).toMatchObject([{ producerId: producerIds.open, currentTxnStartOffset: 0 }]);
  expect(missing!.errorCode).toBe(numberOf('UNKNOWN_TOPIC_OR_PARTITION'));
  expect(answer.topics[1]!.partitions[0]!.errorCode).toBe(numberOf('UNKNOWN_TOPIC_OR_PARTITION'));
});

import { beforeEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/errors/error-codes.ts';
import { errorTable } from '../../src/errors/error-codes.ts';
import { addOffsetsToTxnRequest, addOffsetsToTxnResponse } from '../../src/kafka/messages/add-offsets-to-txn.ts';
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
} from '../../src/kafka/messages/add-partitions-to-txn.ts';
import { apiVersionsRequest, apiVersionsResponse } from '../../src/kafka/messages/api-versions.ts';
import { endTxnRequest, endTxnResponse } from '../../src/kafka/messages/end-txn.ts';
import { findCoordinatorRequest, findCoordinatorResponse } from '../../src/kafka/messages/find-coordinator.ts';
import { initProducerIdRequest, initProducerIdResponse } from '../../src/kafka/messages/init-producer-id.ts';
import { joinGroupRequest, joinGroupResponse } from '../../src/kafka/messages/join-group.ts';
import { listOffsetsRequest, listOffsetsResponse } from '../../src/kafka/messages/list-offsets.ts';
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from '../../src/kafka/messages/txn-offset-commit.ts';
import type { TransactionProducer } from '../../src/transactions/transaction-rpc.ts';
import { fetchApi, fetchRequestOf, produceApi, produceRequestOf } from '../support/kafka-requests.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';
import { recordsOf, transactionalBatch, valuesOf } from '../support/partition-harness.ts';

const apiVersions = { key: 18, request: apiVersionsRequest, response: apiVersionsResponse };
const findCoordinator = { key: 10, request: findCoordinatorRequest, response: findCoordinatorResponse };
const initProducerId = { key: 22, request: initProducerIdRequest, response: initProducerIdResponse };
const addPartitions = { key: 24, request: addPartitionsToTxnRequest, response: addPartitionsToTxnResponse };
const addOffsets = { key: 25, request: addOffsetsToTxnRequest, response: addOffsetsToTxnResponse };
const endTxn = { key: 26, request: endTxnRequest, response: endTxnResponse };
const txnOffsetCommit = { key: 28, request: txnOffsetCommitRequest, response: txnOffsetCommitResponse };
const listOffsets = { key: 2, request: listOffsetsRequest, response: listOffsetsResponse };
const joinGroup = { key: 11, request: joinGroupRequest, response: joinGroupResponse };

const numberOf = (code: ErrorCode): number => errorTable[code].number;

/** The versions by which the two protocols of transactions differ. */
const protocols = {
  1: { produce: 9, addPartitions: 3, addOffsets: 3, endTxn: 4, txnOffsetCommit: 4 },
  2: { produce: 12, endTxn: 5, txnOffsetCommit: 5 },
} as const;

let platform: MemoryPlatform;
let connection: KafkaTestConnection;
let topicId: string;
beforeEach(async () => {
  // Members are waited for by letting that much time pass.
  platform = new MemoryPlatform(undefined, async (ms) => {
    platform.nowMs += ms;
  });
  connection = new KafkaTestConnection({ platform });
  const { catalog, cluster } = platform.services;
  const created = await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 3 });
  if (created.ok) topicId = created.value.topicId;
});

async function init(version = 5, request: Partial<Record<string, unknown>> = {}) {
  return connection.ask(initProducerId, version, {
    transactionalId: 'app',
    transactionTimeoutMs: 60_000,
    ...request,
  });
}

async function initialized(): Promise<TransactionProducer> {
  const { errorCode, producerId, producerEpoch } = await init();
  expect(errorCode).toBe(0);
  return { producerId, producerEpoch };
}

async function add(producer: TransactionProducer, partitions: readonly number[], version = 3, topic = 'orders') {
  const topics = [{ name: topic, partitions }];
  const answer = await connection.ask(addPartitions, version, {
    transactions: [],
    v3AndBelowTransactionalId: 'app',
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: topics,
  });
  return answer.resultsByTopicV3AndBelow[0]!.resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode);
}

async function produce(
  producer: TransactionProducer,
  version: number,
  values: Readonly<Record<number, string>>,
  { baseSequence = 0, transactionalId = 'app' as string | null } = {},
) {
  const batches = Object.entries(values).map(([partition, value]) => [
    partition,
    transactionalBatch({ ...producer, baseSequence }, value),
  ]);
  const request = { ...produceRequestOf('orders', Object.fromEntries(batches)), transactionalId };
  const topicData = request.topicData.map((data) => ({ ...data, topicId }));
  const { responses } = await connection.ask(produceApi, version, { ...request, topicData });
  return responses[0]!.partitionResponses.map(({ errorCode }) => errorCode);
}

async function end(producer: TransactionProducer, committed: boolean, version: number) {
  return connection.ask(endTxn, version, { transactionalId: 'app', ...producer, committed });
}

async function commitOffset(
  producer: TransactionProducer,
  version: number,
  offset: number,
  member: Partial<Record<string, unknown>> = {},
) {
  const { topics } = await connection.ask(txnOffsetCommit, version, {
    transactionalId: 'app',
    groupId: 'readers',
    ...producer,
    topics: [
      { name: 'orders', partitions: [{ partitionIndex: 2, committedOffset: offset, committedMetadata: 'note' }] },
    ],
    ...member,
  });
  return topics[0]!.partitions[0]!.errorCode;
}

async function committedOffsets(): Promise<(readonly [number, number])[]> {
  const { groups, cluster } = platform.services;
  const described = await groups.rpc.describe({ ...cluster, groupId: 'readers' });
  return described.ok ? described.value.offsets.map(({ partition, offset }) => [partition, offset]) : [];
}

/** A partition as a consumer of this isolation level fetches it. */
async function fetched(partition: number, isolationLevel: 0 | 1) {
  const request = { ...fetchRequestOf('orders', { [partition]: 0 }), isolationLevel };
  const { responses } = await connection.ask(fetchApi, 11, request);
  const { records, lastStableOffset, highWatermark, abortedTransactions } = responses[0]!.partitions[0]!;
  return { values: valuesOf(recordsOf(records!)), lastStableOffset, highWatermark, abortedTransactions };
}

async function latest(partition: number, isolationLevel: 0 | 1): Promise<number> {
  const partitions = [{ partitionIndex: partition, timestamp: -1 }];
  const { topics } = await connection.ask(listOffsets, 5, {
    replicaId: -1,
    isolationLevel,
    timeoutMs: 0,
    topics: [{ name: 'orders', partitions }],
  });
  return topics[0]!.partitions[0]!.offset;
}

test('clients are told of the second protocol of transactions, those of old not of its level 0', async () => {
  const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
  const finalized = [{ name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 2 }];
  const answer = await connection.ask(apiVersions, 4, software);
  expect(answer.finalizedFeatures).toEqual(expect.arrayContaining(finalized));
  expect(answer.finalizedFeaturesEpoch).toBe(0);
  expect(answer.supportedFeatures).toContainEqual({ name: 'transaction.version', minVersion: 0, maxVersion: 2 });
  const older = await connection.ask(apiVersions, 3, software);
  expect(older.finalizedFeatures).toEqual(answer.finalizedFeatures);
  expect(older.supportedFeatures.every(({ minVersion }) => minVersion > 0)).toBe(true);
});

test.each([0, 1, 2, 3, 4, 5, 6])(
  'finds the coordinator of a transactional id (FindCoordinator %i)',
  async (version) => {
    const keyType = version === 0 ? 0 : 1;
    const found = await connection.ask(findCoordinator, version, {
      key: 'app',
      keyType,
      coordinatorKeys: ['app', 'b'],
    });
    expect(version < 4 ? found : found.coordinators[1]).toMatchObject({ errorCode: 0, nodeId: 0, host: 'kafka.test' });
  },
);

describe.each([1, 2] as const)('a transaction of transaction.version %i', (level) => {
  const versions = protocols[level];

  /** Adds partitions where the protocol has the client do it. */
  async function begin(producer: TransactionProducer, ...partitions: number[]) {
    if (level === 1) expect(await add(producer, partitions)).toEqual(partitions.map(() => 0));
  }

  async function beginOffsets(producer: TransactionProducer) {
    if (level === 2) return;
    const added = await connection.ask(addOffsets, protocols[1].addOffsets, {
      transactionalId: 'app',
      ...producer,
      groupId: 'readers',
    });
    expect(added.errorCode).toBe(0);
  }

  /** What the producer goes on with. */
  async function ended(producer: TransactionProducer, committed: boolean): Promise<TransactionProducer> {
    const { errorCode, producerId, producerEpoch } = await end(producer, committed, versions.endTxn);
    expect(errorCode).toBe(0);
    return level === 1 ? producer : { producerId, producerEpoch };
  }

  test('is seen whole by committed readers when it is committed, and never when it is aborted', async () => {
    const first = await initialized();
    await begin(first, 0, 1);
    expect(await produce(first, versions.produce, { 0: 'a', 1: 'b' })).toEqual([0, 0]);
    expect(await fetched(0, 1)).toEqual({
      values: [],
      lastStableOffset: 0,
      highWatermark: 1,
      abortedTransactions: [],
    });
    expect([await latest(0, 0), await latest(0, 1)]).toEqual([1, 0]);
    const second = await ended(first, true);
    expect(second.producerEpoch).toBe(level === 1 ? 0 : 1);
    expect(await fetched(0, 1)).toMatchObject({ values: ['a'], lastStableOffset: 2, highWatermark: 2 });
    expect(await fetched(1, 1)).toMatchObject({ values: ['b'] });

    await begin(second, 0);
    const baseSequence = level === 1 ? 1 : 0;
    expect(await produce(second, versions.produce, { 0: 'never' }, { baseSequence })).toEqual([0]);
    await ended(second, false);
    const { producerId } = second;
    expect(await fetched(0, 1)).toEqual({
      values: ['a', 'never'],
      lastStableOffset: 4,
      highWatermark: 4,
      abortedTransactions: [{ producerId, firstOffset: 2 }],
    });
    expect(await fetched(0, 0)).toMatchObject({ values: ['a', 'never'], abortedTransactions: null });
    expect([await latest(0, 0), await latest(0, 1)]).toEqual([4, 4]);
  });

  test('commits offsets of a group with its records, or not at all', async () => {
    const first = await initialized();
    await beginOffsets(first);
    expect(await commitOffset(first, versions.txnOffsetCommit, 5)).toBe(0);
    expect(await committedOffsets()).toEqual([]);
    const second = await ended(first, true);
    expect(await committedOffsets()).toEqual([[2, 5]]);
    await beginOffsets(second);
    expect(await commitOffset(second, versions.txnOffsetCommit, 9)).toBe(0);
    await ended(second, false);
    expect(await committedOffsets()).toEqual([[2, 5]]);
  });

  test('ends once: the same end is answered again, the opposite one refused', async () => {
    const first = await initialized();
    await begin(first, 0);
    await produce(first, versions.produce, { 0: 'a' });
    const next = await ended(first, true);
    expect(await ended(first, true)).toEqual(next);
    expect((await end(first, false, versions.endTxn)).errorCode).toBe(numberOf('INVALID_TXN_STATE'));
  });

  test('of a producer that was taken over is aborted, and its producer fenced in every way', async () => {
    const old = await initialized();
    await begin(old, 0);
    expect(await produce(old, versions.produce, { 0: 'lost' })).toEqual([0]);
    const now = await initialized();
    expect(now.producerEpoch).toBeGreaterThan(old.producerEpoch);
    expect(await fetched(0, 1)).toMatchObject({ lastStableOffset: 2, abortedTransactions: [{ firstOffset: 0 }] });
    expect(await produce(old, versions.produce, { 0: 'x' }, { baseSequence: 1 })).toEqual([
      numberOf('INVALID_PRODUCER_EPOCH'),
    ]);
    expect(await produce(old, versions.produce, { 1: 'x' })).toEqual([numberOf('INVALID_PRODUCER_EPOCH')]);
    expect(await commitOffset(old, versions.txnOffsetCommit, 1)).toBe(numberOf('INVALID_PRODUCER_EPOCH'));
    expect(await end(old, true, versions.endTxn)).toMatchObject({ errorCode: numberOf('PRODUCER_FENCED') });
    expect(await add(old, [0])).toEqual([numberOf('PRODUCER_FENCED')]);
    expect((await init(5, { ...old })).errorCode).toBe(numberOf('PRODUCER_FENCED'));
    await begin(now, 0);
    expect(await produce(now, versions.produce, { 0: 'new' })).toEqual([0]);
  });
});

describe('InitProducerId', () => {
  test.each([0, 1, 2, 3, 4, 5])('gives each instance a new epoch (version %i)', async (version) => {
    const first = await init(version);
    expect(first).toMatchObject({ errorCode: 0, producerEpoch: 0 });
    const second = await init(version);
    expect(second).toMatchObject({ errorCode: 0, producerId: first.producerId, producerEpoch: 1 });
  });

  test('goes on with what a producer holds, but not with half of it, nor with what is out of date (KIP-360)', async () => {
    const held = await initialized();
    const bumped = await init(5, { ...held });
    expect(bumped).toMatchObject({ errorCode: 0, producerId: held.producerId, producerEpoch: 1 });
    expect(await init(5, { ...held }), 'its answer was lost').toEqual(bumped);
    expect((await init(5, { producerId: held.producerId })).errorCode).toBe(numberOf('INVALID_REQUEST'));
    await initialized();
    const late = { producerId: held.producerId, producerEpoch: 1 };
    expect((await init(3, late)).errorCode).toBe(numberOf('INVALID_PRODUCER_EPOCH'));
    expect((await init(4, late)).errorCode).toBe(numberOf('PRODUCER_FENCED'));
  });

  test('gives a producer that was forgotten an id of its own', async () => {
    const answer = await init(5, { producerId: 77, producerEpoch: 3 });
    expect(answer).toMatchObject({ errorCode: 0, producerEpoch: 0 });
    expect(answer.producerId).not.toBe(77);
  });

  test('refuses what is no timeout and no id', async () => {
    for (const transactionTimeoutMs of [0, -1, 900_001]) {
      const { errorCode } = await init(5, { transactionTimeoutMs });
      expect(errorCode).toBe(numberOf('INVALID_TRANSACTION_TIMEOUT'));
    }
    expect((await init(5, { transactionalId: '' })).errorCode).toBe(numberOf('INVALID_REQUEST'));
  });
});

describe('a partition that was not added', () => {
  test.each([
    [9, 'INVALID_TXN_STATE'],
    [11, 'TRANSACTION_ABORTABLE'],
  ] as const)('takes no batch in version %i of Produce', async (version, code) => {
    const producer = await initialized();
    expect(await add(producer, [0])).toEqual([0]);
    expect(await produce(producer, version, { 1: 'x' })).toEqual([numberOf(code)]);
    expect((await fetched(1, 0)).values).toEqual([]);
  });

  test('adds itself with the first batch from version 12 on', async () => {
    const producer = await initialized();
    expect(await produce(producer, 13, { 0: 'a', 1: 'b', 2: 'c' })).toEqual([0, 0, 0]);
    const described = await platform.services.transactions.describe('app');
    expect(described).toMatchObject({ value: { phase: 'Ongoing', partitions: { length: 3 } } });
  });

  test.each([
    [3, 'INVALID_TXN_STATE'],
    [4, 'TRANSACTION_ABORTABLE'],
  ] as const)('nor does a group offsets in version %i of TxnOffsetCommit', async (version, code) => {
    const producer = await initialized();
    expect(await commitOffset(producer, version, 1)).toBe(numberOf(code));
  });
});

test('of partitions that are asked about together each is told of itself, also when it is asked about anew', async () => {
  const producer = await initialized();
  expect(await add(producer, [0, 2])).toEqual([0, 0]);
  // So much later nobody takes for granted any more what the coordinator said.
  platform.nowMs += 6_000;
  expect(await produce(producer, 9, { 0: 'a', 1: 'x', 2: 'b' })).toEqual([0, numberOf('INVALID_TXN_STATE'), 0]);
  await end(producer, true, 4);
  expect((await fetched(0, 1)).values).toEqual(['a']);
  expect((await fetched(2, 1)).values).toEqual(['b']);
});

test('a batch that comes when its transaction is over is in no later one, whatever was confirmed before', async () => {
  const producer = await initialized();
  expect(await add(producer, [0])).toEqual([0]);
  await end(producer, true, 4);
  expect(await produce(producer, 9, { 0: 'late' })).toEqual([numberOf('INVALID_TXN_STATE')]);
  // The next transaction has the same epoch, and another partition.
  expect(await add(producer, [1])).toEqual([0]);
  expect(await produce(producer, 9, { 0: 'late', 1: 'next' })).toEqual([numberOf('INVALID_TXN_STATE'), 0]);
});

describe('AddPartitionsToTxn', () => {
  test('adds all partitions of a request or none', async () => {
    const producer = await initialized();
    expect(await add(producer, [0, 7, 1])).toEqual([
      numberOf('OPERATION_NOT_ATTEMPTED'),
      numberOf('UNKNOWN_TOPIC_OR_PARTITION'),
      numberOf('OPERATION_NOT_ATTEMPTED'),
    ]);
    expect(await produce(producer, 9, { 0: 'x' })).toEqual([numberOf('INVALID_TXN_STATE')]);
  });

  test('names what is wrong with the producer as the version knows it', async () => {
    const old = await initialized();
    await initialized();
    expect(await add(old, [0], 1)).toEqual([numberOf('INVALID_PRODUCER_EPOCH')]);
    expect(await add(old, [0], 2)).toEqual([numberOf('PRODUCER_FENCED')]);
    const other = { ...old, producerId: old.producerId + 1 };
    expect(await add(other, [0])).toEqual([numberOf('INVALID_PRODUCER_ID_MAPPING')]);
  });

  test.each([4, 5])('speaks of several transactions in version %i, and may only ask', async (version) => {
    const producer = await initialized();
    const asked = (verifyOnly: boolean, partitions: readonly number[]) => ({
      transactionalId: 'app',
      ...producer,
      verifyOnly,
      topics: [{ name: 'orders', partitions }],
    });
    const answer = await connection.ask(addPartitions, version, {
      transactions: [asked(true, [0]), { ...asked(false, [1]), transactionalId: 'nobody' }],
      v3AndBelowTransactionalId: '',
      v3AndBelowProducerId: 0,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [],
    });
    expect(answer.errorCode).toBe(0);
    expect(answer.resultsByTransaction.map(({ topicResults }) => topicResults[0]!.resultsByPartition)).toEqual([
      [{ partitionIndex: 0, partitionErrorCode: numberOf('INVALID_TXN_STATE') }],
      [{ partitionIndex: 1, partitionErrorCode: numberOf('INVALID_PRODUCER_ID_MAPPING') }],
    ]);
  });
});

test('a batch that is marked transactional fails its whole request without a transactional id', async () => {
  const producer = await initialized();
  const refused = numberOf('TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
  expect(await produce(producer, 9, { 0: 'a', 1: 'b' }, { transactionalId: null })).toEqual([refused, refused]);
});

test('batches that come together keep their order and their transaction', async () => {
  const producer = await initialized();
  const send = (baseSequence: number, value: string) => {
    const batches = { 0: transactionalBatch({ ...producer, baseSequence }, value) };
    connection.send(produceApi, 12, { ...produceRequestOf('orders', batches), transactionalId: 'app' });
  };
  const values = ['a', 'b', 'c', 'd', 'e'];
  values.forEach((value, index) => {
    send(index, value);
  });
  for (const _ of values) {
    const { body } = await connection.answer(produceApi, 12);
    expect(body.responses[0]!.partitionResponses[0]!.errorCode).toBe(0);
  }
  await end(producer, true, 5);
  expect((await fetched(0, 1)).values).toEqual(values);
});

describe('offsets of a member of a group', () => {
  async function joined(): Promise<{ memberId: string; generationId: number }> {
    const { memberId, generationId } = await connection.ask(joinGroup, 3, {
      groupId: 'readers',
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 60_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: new Uint8Array(0) }],
    });
    return { memberId, generationId };
  }

  test('are taken from the member it says it is, in its generation, and from whoever does not say', async () => {
    const { memberId, generationId } = await joined();
    const producer = await initialized();
    const commit = (member: Partial<Record<string, unknown>>) => commitOffset(producer, 5, 4, member);
    expect(await commit({ memberId, generationId: generationId + 1 })).toBe(numberOf('ILLEGAL_GENERATION'));
    expect(await commit({ memberId: 'somebody', generationId })).toBe(numberOf('UNKNOWN_MEMBER_ID'));
    expect(await commit({ memberId, generationId, groupInstanceId: 'static' })).toBe(numberOf('UNKNOWN_MEMBER_ID'));
    expect(await commit({ memberId, generationId })).toBe(0);
    expect(await commit({})).toBe(0);
    expect(await commit({ groupId: 'none', memberId, generationId })).toBe(numberOf('ILLEGAL_GENERATION'));
  });

  test('are taken from a member whose partitions the server assigns, by its epoch', async () => {
    const { groups, cluster } = platform.services;
    const beaten = await groups.rpc.heartbeat({
      ref: { ...cluster, groupId: 'readers' },
      memberId: 'assigned',
      instanceId: null,
      memberEpoch: 0,
      wish: {
        subscription: { topics: ['orders'], pattern: null },
        assignor: null,
        sessionTimeoutMs: 45_000,
        rebalanceTimeoutMs: 60_000,
      },
      clientId: 'somebody',
      relay: null,
      commits: [],
      mayRejoin: false,
    });
    const generationId = beaten.ok ? beaten.value.memberEpoch : -1;
    const producer = await initialized();
    expect(await commitOffset(producer, 5, 4, { memberId: 'assigned', generationId })).toBe(0);
    await end(producer, true, 5);
    expect(await committedOffsets()).toEqual([[2, 4]]);
  });

  test('stand by what is wrong with them', async () => {
    const producer = await initialized();
    const topics = [
      { name: 'none', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] },
      {
        name: 'orders',
        partitions: [
          { partitionIndex: 9, committedOffset: 1, committedMetadata: null },
          { partitionIndex: 0, committedOffset: -1, committedMetadata: null },
          { partitionIndex: 1, committedOffset: 1, committedMetadata: 'x'.repeat(5_000) },
          { partitionIndex: 2, committedOffset: 1, committedMetadata: null },
        ],
      },
    ];
    const request = { transactionalId: 'app', groupId: 'readers', ...producer, topics };
    const answer = await connection.ask(txnOffsetCommit, 5, request);
    expect(answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))).toEqual([
      numberOf('UNKNOWN_TOPIC_OR_PARTITION'),
      numberOf('UNKNOWN_TOPIC_OR_PARTITION'),
      numberOf('INVALID_REQUEST'),
      numberOf('OFFSET_METADATA_TOO_LARGE'),
      0,
    ]);
  });
});

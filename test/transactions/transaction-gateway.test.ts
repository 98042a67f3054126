import { describe, expect, test } from 'vitest';
import { renderConsumeAnswer } from '../../src/api/v1/group-consume-answer.ts';
import { committedBatches } from '../../src/log/transactions/aborted-ranges.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';
import { recordsOf, transactionalBatch, unwrap, valuesOf } from '../support/partition-harness.ts';

const encoder = new TextEncoder();
const timeoutMs = 60_000;

async function withTopics(...topics: string[]): Promise<MemoryPlatform> {
  const platform = new MemoryPlatform();
  const { catalog, cluster } = platform.services;
  for (const topic of topics) unwrap(await catalog.createTopic(cluster, { topic, partitionCount: 2 }));
  return platform;
}

function record(value: string, partition: number) {
  return { partition, key: null, value: encoder.encode(value), headers: [], timestampMs: null };
}

async function valuesIn(platform: MemoryPlatform, topic: string, partition: number, filtersItself = false) {
  const read = unwrap(
    await platform.services.reader.read({
      topic,
      partition,
      from: 'earliest',
      maxBytes: 1_000_000,
      waitMs: 0,
      minBytes: 1,
      isolation: 'read_committed',
      filtersItself,
    }),
  );
  const batches = new Uint8Array(await read.response.arrayBuffer());
  const shown = filtersItself ? committedBatches(batches, read.abortedTransactions ?? []) : batches;
  return valuesOf(recordsOf(shown));
}

describe('[I-2a] a transaction over several topics and a group', () => {
  test('is seen whole when it is committed', async () => {
    const platform = await withTopics('in', 'out');
    const { transactions, groups, cluster } = platform.services;
    const producer = unwrap(await transactions.initProducer('app', timeoutMs, null));
    const name = { ...producer, transactionalId: 'app' };
    unwrap(await transactions.produce(name, 'out', [record('x', 0), record('y', 1)], null));
    const commits = [{ topic: 'in', partition: 0, offset: 0, metadata: '', leaderEpoch: -1 }];
    unwrap(await transactions.commitOffsets(name, 'group', { claim: null, commits }));
    expect(await valuesIn(platform, 'out', 0)).toEqual([]);
    const ref = { ...cluster, groupId: 'group' };
    expect(unwrap(await groups.rpc.describe(ref))).toMatchObject({
      offsets: [],
      pending: [{ topic: 'in', partition: 0 }],
    });
    const next = unwrap(await transactions.end(name, true, true));
    expect(next.producerEpoch).toBe(producer.producerEpoch + 1);
    expect(await valuesIn(platform, 'out', 0)).toEqual(['x']);
    expect(await valuesIn(platform, 'out', 1)).toEqual(['y']);
    expect(unwrap(await groups.rpc.describe(ref))).toMatchObject({ offsets: [{ offset: 0 }], pending: [] });
  });

  test('leaves no trace when it is aborted, and its producer cannot go on in it', async () => {
    const platform = await withTopics('in', 'out');
    const { transactions, groups, cluster } = platform.services;
    const producer = unwrap(await transactions.initProducer('app', timeoutMs, null));
    const name = { ...producer, transactionalId: 'app' };
    unwrap(await transactions.produce(name, 'out', [record('x', 0)], null));
    const commits = [{ topic: 'in', partition: 0, offset: 0, metadata: '', leaderEpoch: -1 }];
    unwrap(await transactions.commitOffsets(name, 'group', { claim: null, commits }));
    unwrap(await transactions.end(name, false, true));
    expect(await valuesIn(platform, 'out', 0)).toEqual([]);
    expect(unwrap(await groups.rpc.describe({ ...cluster, groupId: 'group' }))).toMatchObject({
      offsets: [],
      pending: [],
    });
    expect(await transactions.produce(name, 'out', [record('z', 0)], null)).toMatchObject({
      error: { code: 'PRODUCER_FENCED' },
    });
    const late = await transactions.commitOffsets(name, 'group', { claim: null, commits });
    expect(late).toMatchObject({ error: { code: 'PRODUCER_FENCED' } });
  });
});

test('offsets of a transaction that come after its end are refused by the group itself', async () => {
  const platform = await withTopics('in');
  const { transactions, groups, cluster } = platform.services;
  const producer = unwrap(await transactions.initProducer('app', timeoutMs, null));
  const name = { ...producer, transactionalId: 'app' };
  const { transactionNumber } = unwrap(await transactions.addGroup(name, 'group'));
  const ref = { ...cluster, groupId: 'group' };
  const commits = [{ topic: 'in', partition: 0, offset: 0, metadata: '', leaderEpoch: -1 }];
  unwrap(await groups.rpc.commit({ ref, claim: null, commits }));
  unwrap(await transactions.end(name, true, false));
  const transaction = { ...producer, transactionNumber };
  const late = await groups.rpc.commitInTransaction({ ref, claim: null, commits, transaction });
  expect(late).toMatchObject({ error: { code: 'TRANSACTION_UNVERIFIED' } });
  platform.groupObjects.restart(ref);
  const again = await groups.rpc.commitInTransaction({ ref, claim: null, commits, transaction });
  expect(again).toMatchObject({ error: { code: 'TRANSACTION_UNVERIFIED' } });
});

test('pending offsets outlive the group object, and their marker finds them', async () => {
  const platform = await withTopics('in');
  const { transactions, groups, cluster } = platform.services;
  const name = { ...unwrap(await transactions.initProducer('app', timeoutMs, null)), transactionalId: 'app' };
  const commits = [{ topic: 'in', partition: 0, offset: 0, metadata: 'note', leaderEpoch: 3 }];
  unwrap(await transactions.commitOffsets(name, 'group', { claim: null, commits }));
  const ref = { ...cluster, groupId: 'group' };
  platform.groupObjects.restart(ref);
  unwrap(await transactions.end(name, true, true));
  platform.groupObjects.restart(ref);
  expect(unwrap(await groups.rpc.describe(ref)).offsets).toMatchObject([
    { offset: 0, metadata: 'note', leaderEpoch: 3 },
  ]);
});

test('batches of a client are appended once its partition takes part, by its own call or with the first batch', async () => {
  const platform = await withTopics('out');
  const { transactions, routes } = platform.services;
  const producer = unwrap(await transactions.initProducer('app', timeoutMs, null));
  const name = { ...producer, transactionalId: 'app' };
  const route = unwrap(await routes.find('out'));
  const batch = (baseSequence: number, value: string) => transactionalBatch({ ...producer, baseSequence }, value);
  const append = (batches: Uint8Array, addsPartition: boolean) =>
    transactions.append(name, { route, partition: 0, batches, addsPartition });
  expect(await append(batch(0, 'x'), false)).toMatchObject({ error: { code: 'INVALID_TXN_STATE' } });
  const partitions = [{ topic: 'out', topicId: route.topicId, partition: 0 }];
  const verified = await transactions.addPartitions(name, partitions, { verifyOnly: true });
  expect(verified).toMatchObject({ error: { code: 'INVALID_TXN_STATE' } });
  unwrap(await transactions.addPartitions(name, partitions, { verifyOnly: false }));
  unwrap(await transactions.addPartitions(name, partitions, { verifyOnly: true }));
  unwrap(await append(batch(0, 'x'), false));
  unwrap(await append(batch(1, 'y'), true));
  expect(unwrap(await append(batch(1, 'y'), true)).duplicate).toBe(true);
  unwrap(await transactions.end(name, true, false));
  expect(await valuesIn(platform, 'out', 0, true)).toEqual(['x', 'y']);
  expect(await append(batch(2, 'late'), false)).toMatchObject({ error: { code: 'INVALID_TXN_STATE' } });
});

test('a transaction whose topic was deleted can end', async () => {
  const platform = await withTopics('gone', 'kept');
  const { transactions, catalog, cluster } = platform.services;
  const name = { ...unwrap(await transactions.initProducer('app', timeoutMs, null)), transactionalId: 'app' };
  unwrap(await transactions.produce(name, 'gone', [record('x', 0)], null));
  unwrap(await transactions.produce(name, 'kept', [record('x', 0)], null));
  unwrap(await catalog.deleteTopic(cluster, 'gone'));
  await platform.runCatalogAlarm();
  unwrap(await transactions.end(name, true, true));
  expect(unwrap(await transactions.describe('app')).phase).toBe('CompleteCommit');
  expect(await valuesIn(platform, 'kept', 0)).toEqual(['x']);
});

test('[I-2d] a topic that was created anew has no part in a transaction of the one before it', async () => {
  const platform = await withTopics('out');
  const { transactions, catalog, cluster, reader, routes } = platform.services;
  const producer = unwrap(await transactions.initProducer('app', timeoutMs, null));
  const name = { ...producer, transactionalId: 'app' };
  unwrap(await transactions.produce(name, 'out', [record('x', 0)], null));
  const route = unwrap(await routes.find('out'));
  unwrap(await catalog.deleteTopic(cluster, 'out'));
  await platform.runCatalogAlarm();
  unwrap(await catalog.createTopic(cluster, { topic: 'out', partitionCount: 2 }));
  const batches = transactionalBatch({ ...producer, baseSequence: 0 }, 'y');
  const appended = await transactions.append(name, { route, partition: 0, batches, addsPartition: true });
  expect(appended).toMatchObject({ error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } });
  unwrap(await transactions.produce(name, 'out', [record('z', 1)], null));
  unwrap(await transactions.end(name, true, true));
  expect(await valuesIn(platform, 'out', 0)).toEqual([]);
  expect(await valuesIn(platform, 'out', 1)).toEqual(['z']);
  const options = { topic: 'out', partition: 0, from: 'latest', maxBytes: 100, waitMs: 0, minBytes: 1 } as const;
  expect(unwrap(await reader.read(options))).toMatchObject({ highWatermark: 0, lastStableOffset: 0 });
});

test('[I-2c] of a client whose epoch does not move, an end that comes late does not end its next transaction', async () => {
  const platform = await withTopics('out');
  const { transactions, cluster } = platform.services;
  const producer = unwrap(await transactions.initProducer('app', timeoutMs, null));
  const name = { ...producer, transactionalId: 'app' };
  const { transactionNumber } = unwrap(await transactions.addGroup(name, 'group'));
  unwrap(await transactions.end(name, true, false));
  unwrap(await transactions.addGroup(name, 'group'));
  const coordinator = platform.transactionObjects.service({ ...cluster, transactionalId: 'app' });
  const ref = { ...cluster, transactionalId: 'app' };
  const late = await coordinator.endTransaction({
    ref,
    producer,
    committed: true,
    bumpsEpoch: false,
    transactionNumber,
  });
  expect(late).toMatchObject({ error: { code: 'INVALID_TXN_STATE' } });
  expect(unwrap(await transactions.describe('app')).phase).toBe('Ongoing');
});

test('[I-2f] a member is led past what was aborted, though there is nothing else to show', async () => {
  const platform = await withTopics('in');
  const { transactions, groups } = platform.services;
  const name = { ...unwrap(await transactions.initProducer('app', timeoutMs, null)), transactionalId: 'app' };
  unwrap(await transactions.produce(name, 'in', [record('x', 0)], null));
  unwrap(await transactions.end(name, false, true));
  const request = {
    groupId: 'group',
    memberId: 'member',
    memberEpoch: 0,
    instanceId: null,
    wish: {
      subscription: { topics: ['in'], pattern: null },
      assignor: null,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
    },
    clientId: 'test',
    commits: [],
    positions: new Map(),
    reset: 'earliest',
    maxBytes: 8_000,
    waitMs: 0,
    isolation: 'read_committed',
  } as const;
  const consumed = unwrap(await groups.consumer.consume(request, async () => {}));
  const rendered = unwrap(renderConsumeAnswer(consumed, { as: 'auto', maxRecords: 10 }));
  expect(JSON.parse(new TextDecoder().decode(rendered.body))).toMatchObject({
    records: [],
    positions: { in: { 0: 2 } },
  });
});

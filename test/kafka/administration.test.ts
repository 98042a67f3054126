import { beforeEach, expect, test } from 'vitest';
import { type ErrorCode, errorTable } from '../../src/errors/error-codes.ts';
import { alterConfigsRequest, alterConfigsResponse } from '../../src/kafka/messages/alter-configs.ts';
import { createPartitionsRequest, createPartitionsResponse } from '../../src/kafka/messages/create-partitions.ts';
import { createTopicsRequest, createTopicsResponse } from '../../src/kafka/messages/create-topics.ts';
import { deleteRecordsRequest, deleteRecordsResponse } from '../../src/kafka/messages/delete-records.ts';
import { deleteTopicsRequest, deleteTopicsResponse } from '../../src/kafka/messages/delete-topics.ts';
import { describeClusterRequest, describeClusterResponse } from '../../src/kafka/messages/describe-cluster.ts';
import { describeConfigsRequest, describeConfigsResponse } from '../../src/kafka/messages/describe-configs.ts';
import { findCoordinatorRequest, findCoordinatorResponse } from '../../src/kafka/messages/find-coordinator.ts';
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '../../src/kafka/messages/incremental-alter-configs.ts';
import { initProducerIdRequest, initProducerIdResponse } from '../../src/kafka/messages/init-producer-id.ts';
import { metadataRequest, metadataResponse } from '../../src/kafka/messages/metadata.ts';
import { zeroUuid } from '../../src/kafka/wire/byte-reader.ts';
import { batchOf, metadataRequestOf, produceApi, produceRequestOf } from '../support/kafka-requests.ts';
import { KafkaTestConnection, testBrokers } from '../support/memory-kafka.ts';

const createTopics = { key: 19, request: createTopicsRequest, response: createTopicsResponse };
const deleteTopics = { key: 20, request: deleteTopicsRequest, response: deleteTopicsResponse };
const createPartitions = { key: 37, request: createPartitionsRequest, response: createPartitionsResponse };
const deleteRecords = { key: 21, request: deleteRecordsRequest, response: deleteRecordsResponse };
const describeConfigs = { key: 32, request: describeConfigsRequest, response: describeConfigsResponse };
const alterConfigs = { key: 33, request: alterConfigsRequest, response: alterConfigsResponse };
const incrementally = { key: 44, request: incrementalAlterConfigsRequest, response: incrementalAlterConfigsResponse };
const describeCluster = { key: 60, request: describeClusterRequest, response: describeClusterResponse };
const findCoordinator = { key: 10, request: findCoordinatorRequest, response: findCoordinatorResponse };
const initProducerId = { key: 22, request: initProducerIdRequest, response: initProducerIdResponse };
const metadata = { key: 3, request: metadataRequest, response: metadataResponse };

const numberOf = (code: ErrorCode): number => errorTable[code].number;
const topicType = 2;
const brokerType = 4;

let connection: KafkaTestConnection;
beforeEach(() => {
  connection = new KafkaTestConnection();
});

type Wanted = { readonly name: string; readonly numPartitions?: number; readonly replicationFactor?: number };

async function create(version: number, wanted: readonly Wanted[], configs: Record<string, string> = {}) {
  const given = Object.entries(configs).map(([name, value]) => ({ name, value }));
  const topics = wanted.map(({ name, numPartitions = -1, replicationFactor = -1 }) => ({
    name,
    numPartitions,
    replicationFactor,
    assignments: [],
    configs: given,
  }));
  return (await connection.ask(createTopics, version, { topics })).topics;
}

async function configsOf(resourceType: number, resourceName: string, keys: string[] | null = null) {
  const resources = [{ resourceType, resourceName, configurationKeys: keys }];
  const { results } = await connection.ask(describeConfigs, 4, { resources, includeSynonyms: true });
  return results[0]!;
}

test.each([2, 5, 7])('creates topics, and says of each what came of it (version %i)', async (version) => {
  const topics = await create(
    version,
    [
      { name: 'one', numPartitions: 3, replicationFactor: 1 },
      { name: 'two' },
      { name: 'no/name' },
      { name: 'three', replicationFactor: 2 },
    ],
    { 'retention.ms': '60000' },
  );
  expect(topics.map(({ errorCode }) => errorCode)).toEqual([
    0,
    0,
    numberOf('INVALID_TOPIC_EXCEPTION'),
    numberOf('INVALID_REPLICATION_FACTOR'),
  ]);
  if (version >= 5) {
    expect(topics[0]).toMatchObject({ numPartitions: 3, replicationFactor: 1 });
    expect(topics[0]!.configs).toContainEqual(
      expect.objectContaining({ name: 'retention.ms', value: '60000', configSource: 1 }),
    );
  }
  if (version >= 7) expect(topics[0]!.topicId).not.toBe(zeroUuid);
  expect((await create(version, [{ name: 'one' }]))[0]).toMatchObject({ errorCode: numberOf('TOPIC_ALREADY_EXISTS') });
  expect((await create(version, [{ name: 'x' }], { 'no.such.key': '1' }))[0]).toMatchObject({
    errorCode: numberOf('INVALID_CONFIG'),
  });
  const twice = await create(version, [{ name: 'same' }, { name: 'same' }]);
  expect(twice.map(({ errorCode }) => errorCode)).toEqual([42, 42]);
});

test('deletes topics by name and by id', async () => {
  const [one, two] = await create(7, [{ name: 'one' }, { name: 'two' }]);
  const byName = await connection.ask(deleteTopics, 4, { topics: [], topicNames: ['one', 'none'], timeoutMs: 0 });
  expect(byName.responses.map(({ errorCode }) => errorCode)).toEqual([0, numberOf('UNKNOWN_TOPIC_OR_PARTITION')]);
  const topics = [two!, one!].map(({ topicId }) => ({ name: null, topicId }));
  const byId = await connection.ask(deleteTopics, 6, { topics, topicNames: [], timeoutMs: 0 });
  expect(byId.responses).toMatchObject([
    { errorCode: 0, name: 'two' },
    { errorCode: numberOf('UNKNOWN_TOPIC_ID'), name: null },
  ]);
});

test('shows topics by name and by id, creates what is asked for by name, and all of them to who asks for all', async () => {
  const [one] = await create(7, [{ name: 'one', numPartitions: 2 }]);
  const named = await connection.ask(metadata, 12, {
    ...metadataRequestOf(['one', 'made', 'bad name']),
    includeTopicAuthorizedOperations: true,
  });
  expect(named.topics).toMatchObject([
    { errorCode: 0, name: 'one', topicId: one!.topicId, topicAuthorizedOperations: 0b1101_1111_1000 },
    { errorCode: 0, name: 'made', partitions: [{ partitionIndex: 0, leaderId: 0, isrNodes: [0] }] },
    { errorCode: numberOf('INVALID_TOPIC_EXCEPTION'), name: 'bad name' },
  ]);
  const ids = [one!.topicId, 'ffffffff-ffff-4fff-8fff-ffffffffffff'];
  const byId = await connection.ask(metadata, 12, {
    ...metadataRequestOf([]),
    // Java's clients leave the name of a topic empty that they know by its id.
    topics: ids.map((topicId, at) => ({ topicId, name: at === 0 ? '' : null })),
  });
  expect(byId.topics.map(({ errorCode, name }) => [errorCode, name])).toEqual([
    [0, 'one'],
    [numberOf('UNKNOWN_TOPIC_ID'), null],
  ]);
  const minding = { ...metadataRequestOf(['unmade']), allowAutoTopicCreation: false };
  expect((await connection.ask(metadata, 9, minding)).topics[0]).toMatchObject({ errorCode: 3 });
  for (const version of [0, 1, 13]) {
    const all = await connection.ask(metadata, version, metadataRequestOf(version === 0 ? [] : null));
    expect(all.topics.map(({ name }) => name)).toEqual(['made', 'one']);
    expect(all.brokers).toMatchObject(testBrokers);
  }
  expect((await connection.ask(metadata, 1, metadataRequestOf([]))).topics).toEqual([]);
});

test('adds partitions, and takes none away', async () => {
  await create(7, [{ name: 'growing', numPartitions: 2 }]);
  const grow = async (count: number, validateOnly = false) => {
    const topics = [{ name: 'growing', count, assignments: null }];
    const answer = await connection.ask(createPartitions, 3, { topics, timeoutMs: 0, validateOnly });
    return answer.results[0]!.errorCode;
  };
  expect([await grow(1), await grow(2), await grow(5, true), await grow(4)]).toEqual([37, 37, 0, 0]);
  const { topics } = await connection.ask(metadata, 9, metadataRequestOf(['growing']));
  expect(topics[0]!.partitions).toHaveLength(4);
});

test('shows every config with where it comes from, and sets and resets them', async () => {
  await create(7, [{ name: 'kept' }], { 'cleanup.policy': 'compact' });
  const shown = await configsOf(topicType, 'kept');
  const policy = shown.configs.find(({ name }) => name === 'cleanup.policy');
  expect(policy).toMatchObject({
    value: 'compact',
    configSource: 1,
    readOnly: false,
    synonyms: [
      { name: 'cleanup.policy', value: 'compact', source: 1 },
      { name: 'log.cleanup.policy', value: 'delete', source: 5 },
    ],
  });
  expect(shown.configs.find(({ name }) => name === 'retention.ms')).toMatchObject({ configSource: 5, configType: 5 });
  expect((await configsOf(topicType, 'kept', ['retention.ms'])).configs).toHaveLength(1);

  const change = async (name: string, configOperation: number, value: string | null, validateOnly = false) => {
    const resources = [{ resourceType: topicType, resourceName: 'kept', configs: [{ name, configOperation, value }] }];
    return (await connection.ask(incrementally, 1, { resources, validateOnly })).responses[0]!.errorCode;
  };
  const value = async (name: string) => (await configsOf(topicType, 'kept', [name])).configs[0]!.value;
  expect([await change('retention.ms', 0, '1000'), await value('retention.ms')]).toEqual([0, '1000']);
  expect([await change('retention.ms', 0, '2000', true), await value('retention.ms')]).toEqual([0, '1000']);
  expect([await change('cleanup.policy', 2, 'delete'), await value('cleanup.policy')]).toEqual([0, 'compact,delete']);
  expect([await change('cleanup.policy', 3, 'compact'), await value('cleanup.policy')]).toEqual([0, 'delete']);
  expect([await change('retention.ms', 1, null), await value('retention.ms')]).toEqual([0, '604800000']);
  expect(await change('retention.ms', 2, '5')).toBe(numberOf('INVALID_CONFIG'));
  expect(await change('no.such.key', 0, '5')).toBe(numberOf('INVALID_CONFIG'));

  await change('segment.bytes', 0, '2000000');
  const configs = [{ name: 'retention.ms', value: '77' }];
  const resources = [{ resourceType: topicType, resourceName: 'kept', configs }];
  const replaced = await connection.ask(alterConfigs, 2, { resources, validateOnly: false });
  expect(replaced.responses).toMatchObject([{ errorCode: 0, resourceName: 'kept' }]);
  expect([await value('retention.ms'), await value('segment.bytes')]).toEqual(['77', '1073741824']);
});

test('shows what a broker does, which nobody can change', async () => {
  const { configs, errorCode } = await configsOf(brokerType, '0');
  expect(errorCode).toBe(0);
  expect(configs.find(({ name }) => name === 'auto.create.topics.enable')).toMatchObject({
    value: 'true',
    readOnly: true,
  });
  expect((await configsOf(brokerType, '7')).errorCode).toBe(42);
  expect((await configsOf(8, 'loggers')).errorCode).toBe(42);
  expect((await configsOf(topicType, 'none')).errorCode).toBe(3);
  const resources = [
    { resourceType: brokerType, resourceName: '0', configs: [{ name: 'x', configOperation: 0, value: '1' }] },
  ];
  const refused = await connection.ask(incrementally, 0, { resources, validateOnly: false });
  expect(refused.responses[0]).toMatchObject({ errorCode: 42 });
});

test('deletes records below an offset', async () => {
  await connection.ask(metadata, 9, metadataRequestOf(['trimmed']));
  await connection.ask(produceApi, 9, produceRequestOf('trimmed', { 0: batchOf('a', 'b', 'c') }));
  const trim = async (offset: number, partitionIndex = 0) => {
    const topics = [{ name: 'trimmed', partitions: [{ partitionIndex, offset }] }];
    const { errorCode, lowWatermark } = (await connection.ask(deleteRecords, 2, { topics, timeoutMs: 0 })).topics[0]!
      .partitions[0]!;
    return [errorCode, lowWatermark];
  };
  expect([await trim(2), await trim(9), await trim(-2), await trim(-1), await trim(0, 4)]).toEqual([
    [0, 2],
    [1, -1],
    [1, -1],
    [0, 3],
    [3, -1],
  ]);
});

test('shows the cluster, names its coordinators, and gives out producer ids', async () => {
  const cluster = await connection.ask(describeCluster, 1, {
    includeClusterAuthorizedOperations: true,
    includeFencedBrokers: false,
  });
  expect(cluster).toMatchObject({ errorCode: 0, clusterId: 'local', controllerId: 0 });
  expect(cluster.brokers).toMatchObject([{ brokerId: 0, host: 'kafka.test', port: 9092 }]);
  const single = await connection.ask(findCoordinator, 1, { key: 'group', coordinatorKeys: [] });
  expect(single).toMatchObject({ errorCode: 0, nodeId: 0, host: 'kafka.test', port: 9092 });
  const several = await connection.ask(findCoordinator, 4, { key: '', coordinatorKeys: ['a', 'b'] });
  expect(several.coordinators).toMatchObject([
    { key: 'a', nodeId: 0 },
    { key: 'b', nodeId: 0 },
  ]);
  const first = await connection.ask(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 });
  const second = await connection.ask(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 });
  expect([first.errorCode, first.producerEpoch, second.errorCode]).toEqual([0, 0, 0]);
  expect(second.producerId).not.toBe(first.producerId);
});

import { kafkaApis } from '../../../src/kafka/apis.ts';
import type { KafkaApi } from '../../../src/kafka/kafka-api.ts';
import type { MessageCodec } from '../../../src/kafka/wire/message-codec.ts';
import type { Fields } from '../../../src/kafka/wire/schema.ts';
import type { TestedApi } from '../../support/kafka-client.ts';
import { batchOf, fetchRequestOf, metadataRequestOf, produceRequestOf } from '../../support/kafka-requests.ts';

/** The request that every caller sends of an API: about the topic `orders`, the group `app`, the transactional id `unused`. */
export type WireRequest = {
  /** The newest that is spoken, unless topics would be named by their ids. */
  readonly version?: number;
  readonly body: unknown;
};

const topic = 'orders';
const group = 'app';
const producer = { producerId: 0, producerEpoch: 0 };
const partition = { partitionIndex: 0 };
const configOf = { resourceType: 2, resourceName: topic };
const committed = { ...partition, committedOffset: 0, committedMetadata: null };
const anyAcl = {
  ...{ resourceTypeFilter: 2, resourceNameFilter: null, patternTypeFilter: 1, principalFilter: 'User:mrk_nobody' },
  ...{ hostFilter: null, operation: 1, permissionType: 1 },
};
const acl = { resourceType: 2, resourceName: topic, resourcePatternType: 3, principal: 'User:mrk_nobody', host: '*' };

/** What is asked of each API, by its name. */
export const wireRequests: Readonly<Record<string, WireRequest>> = {
  Produce: { version: 12, body: produceRequestOf(topic, { 0: batchOf('one') }) },
  Fetch: { version: 12, body: fetchRequestOf(topic, { 0: 0 }) },
  ListOffsets: { body: { replicaId: -1, topics: [{ name: topic, partitions: [{ ...partition, timestamp: -1 }] }] } },
  Metadata: { body: { ...metadataRequestOf([topic]), allowAutoTopicCreation: false } },
  OffsetCommit: { version: 9, body: { groupId: group, topics: [{ name: topic, partitions: [committed] }] } },
  OffsetFetch: {
    version: 9,
    body: { groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: [0] }] }] },
  },
  FindCoordinator: { body: { coordinatorKeys: [group] } },
  JoinGroup: {
    body: {
      ...{ groupId: group, sessionTimeoutMs: 10_000, memberId: '', protocolType: 'consumer' },
      protocols: [{ name: 'range', metadata: new Uint8Array(4) }],
    },
  },
  Heartbeat: { body: { groupId: group, generationId: 1, memberId: 'member' } },
  LeaveGroup: { body: { groupId: group, members: [{ memberId: 'member' }] } },
  SyncGroup: { body: { groupId: group, generationId: 1, memberId: 'member', assignments: [] } },
  DescribeGroups: { body: { groups: [group], includeAuthorizedOperations: true } },
  ListGroups: { body: { statesFilter: [], typesFilter: [] } },
  SaslHandshake: { body: { mechanism: 'OAUTHBEARER' } },
  ApiVersions: { body: { clientSoftwareName: 'test', clientSoftwareVersion: '1' } },
  CreateTopics: {
    body: {
      topics: [{ name: 'orders-new', numPartitions: 1, replicationFactor: -1, assignments: [], configs: [] }],
      validateOnly: true,
    },
  },
  DeleteTopics: { version: 5, body: { topicNames: [topic] } },
  DeleteRecords: { body: { topics: [{ name: topic, partitions: [{ ...partition, offset: 0 }] }] } },
  InitProducerId: { body: { transactionalId: null } },
  OffsetForLeaderEpoch: { body: { topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }] } },
  AddPartitionsToTxn: {
    version: 3,
    body: {
      ...{ v3AndBelowTransactionalId: 'unused', v3AndBelowProducerId: 0, v3AndBelowProducerEpoch: 0 },
      v3AndBelowTopics: [{ name: topic, partitions: [0] }],
    },
  },
  AddOffsetsToTxn: { body: { transactionalId: 'unused', ...producer, groupId: group } },
  EndTxn: { body: { transactionalId: 'unused', ...producer, committed: true } },
  TxnOffsetCommit: {
    body: {
      transactionalId: 'unused',
      groupId: group,
      ...producer,
      topics: [{ name: topic, partitions: [committed] }],
    },
  },
  DescribeAcls: { body: anyAcl },
  CreateAcls: { body: { creations: [{ ...acl, operation: 3, permissionType: 3 }] } },
  DeleteAcls: { body: { filters: [anyAcl] } },
  DescribeConfigs: { body: { resources: [{ ...configOf, configurationKeys: null }] } },
  AlterConfigs: {
    body: { resources: [{ ...configOf, configs: [{ name: 'retention.ms', value: '86400000' }] }], validateOnly: true },
  },
  SaslAuthenticate: { body: { authBytes: new Uint8Array(3) } },
  CreatePartitions: { body: { topics: [{ name: topic, count: 2, assignments: null }], validateOnly: true } },
  DeleteGroups: { body: { groupsNames: [group] } },
  IncrementalAlterConfigs: {
    body: {
      resources: [{ ...configOf, configs: [{ name: 'retention.ms', configOperation: 0, value: '86400000' }] }],
      validateOnly: true,
    },
  },
  OffsetDelete: { body: { groupId: group, topics: [{ name: topic, partitions: [partition] }] } },
  DescribeCluster: { body: { includeClusterAuthorizedOperations: true, endpointType: 1 } },
  DescribeProducers: { body: { topics: [{ name: topic, partitionIndexes: [0] }] } },
  DescribeTransactions: { body: { transactionalIds: ['unused'] } },
  ListTransactions: { body: { stateFilters: [], producerIdFilters: [] } },
  DescribeTopicPartitions: { body: { topics: [{ name: topic }] } },
  ConsumerGroupHeartbeat: { body: { groupId: group, memberId: 'member', memberEpoch: 1 } },
  ConsumerGroupDescribe: { body: { groupIds: [group], includeAuthorizedOperations: true } },
  ShareGroupHeartbeat: { body: { groupId: group, memberId: 'member', memberEpoch: 1 } },
  ShareGroupDescribe: { body: { groupIds: [group], includeAuthorizedOperations: true } },
  ShareFetch: {
    body: {
      ...{ groupId: group, memberId: 'member', shareSessionEpoch: 1, topics: [], forgottenTopicsData: [] },
      ...{ maxWaitMs: 0, minBytes: 1, maxBytes: 1_000, maxRecords: 1, batchSize: 1 },
    },
  },
  ShareAcknowledge: { body: { groupId: group, memberId: 'member', shareSessionEpoch: 1, topics: [] } },
};

/** What is asked of an API; one that has landed without a request says where it belongs. */
export function requestOf({ name }: KafkaApi): WireRequest {
  const request = wireRequests[name];
  if (request === undefined) throw new Error(`add a request of ${name} to wire-requests.ts`);
  return request;
}

/** Every API that the door speaks. */
export const spokenApis: readonly KafkaApi[] = [...kafkaApis.values()];

type Codecs = Readonly<Record<string, MessageCodec<Fields>>>;

/** The messages of an API, which stand in a file of its name. */
export async function messagesOf({ key, name }: KafkaApi): Promise<TestedApi<Fields, Fields>> {
  const file = name.replace(/[A-Z]/g, (letter, at) => `${at === 0 ? '' : '-'}${letter.toLowerCase()}`);
  const codecs = (await import(`../../../src/kafka/messages/${file}.ts`)) as Codecs;
  const prefix = `${name[0]!.toLowerCase()}${name.slice(1)}`;
  return { key, request: codecs[`${prefix}Request`]!, response: codecs[`${prefix}Response`]! };
}

import { z } from 'zod';
import * as acls from '../../../contracts/rest-proxy-acls.ts';
import * as groups from '../../../contracts/rest-proxy-groups.ts';
import {
  produceBatchRequestSchema,
  produceBatchResponseSchema,
  producedRecordSchema,
  produceRequestV3Schema,
} from '../../../contracts/rest-proxy-records.ts';
import * as resources from '../../../contracts/rest-proxy-v3.ts';
import type { RestMethod, RestOperation } from '../rest-operation.ts';

const cluster = '/v3/clusters/{cluster_id}';
const broker = `${cluster}/brokers/{broker_id}`;
const topic = `${cluster}/topics/{topic_name}`;
const partition = `${topic}/partitions/{partition_id}`;

type Named = Pick<RestOperation, 'method' | 'path' | 'tag' | 'summary'>;

const named = (method: RestMethod, path: string, tag: string, summary: string): Named => ({
  method,
  path,
  tag,
  summary,
});

const get = (path: string, tag: string, summary: string, schema: z.ZodType): RestOperation => ({
  ...named('GET', path, tag, summary),
  answers: { 200: schema },
});

/** Says nothing but that it is done. */
const change = (
  method: RestMethod,
  path: string,
  tag: string,
  summary: string,
  request?: z.ZodType,
): RestOperation => ({
  ...named(method, path, tag, summary),
  ...(request === undefined ? {} : { request }),
  answers: { 204: null },
});

/** Only ever refused, as long as there is nothing it could do. */
const refusedOnly = (method: RestMethod, path: string, tag: string, summary: string, request?: z.ZodType) =>
  ({
    ...named(method, path, tag, summary),
    ...(request === undefined ? {} : { request }),
    answers: {},
  }) as const satisfies RestOperation;

const pageToken = { page_token: 'Where the list goes on, as `metadata.next` has it.' };

const aclQuery = {
  resource_type: 'A type, or `ANY`.',
  resource_name: 'The name of the resource or prefix; any if absent.',
  pattern_type: '`LITERAL`, `PREFIXED`, `ANY`, or `MATCH` for all that hold for a resource of the name.',
  principal: '`User:` and an id; any if absent.',
  host: 'As the ACLs have it; any if absent.',
  operation: 'An operation, or `ANY`.',
  permission: '`ALLOW`, `DENY` or `ANY`.',
};

const clusterOperations = {
  listClusters: get('/v3/clusters', 'Cluster', 'List clusters', resources.kafkaClusterListSchema),
  getCluster: get(cluster, 'Cluster', 'Get the cluster', resources.kafkaClusterSchema),
  searchAcls: {
    ...get(`${cluster}/acls`, 'ACL', 'Search ACLs', acls.kafkaAclListSchema),
    query: aclQuery,
  },
  createAcl: {
    ...named('POST', `${cluster}/acls`, 'ACL', 'Create an ACL'),
    request: acls.createKafkaAclSchema,
    answers: { 201: null },
  },
  deleteAcls: {
    ...named('DELETE', `${cluster}/acls`, 'ACL', 'Delete ACLs'),
    query: aclQuery,
    answers: { 200: acls.deletedKafkaAclsSchema },
  },
  createAcls: {
    ...named('POST', `${cluster}/acls:batch`, 'ACL', 'Create ACLs'),
    request: acls.createKafkaAclsSchema,
    answers: { 201: null },
  },
} as const;

const brokerOperations = {
  listBrokers: get(`${cluster}/brokers`, 'Broker', 'List brokers', resources.kafkaBrokerListSchema),
  getBroker: get(broker, 'Broker', 'Get a broker', resources.kafkaBrokerSchema),
  listBrokerReplicas: {
    ...get(`${broker}/partition-replicas`, 'Replica', "List a broker's replicas", resources.kafkaReplicaListSchema),
    query: pageToken,
  },
  listAllBrokerConfigs: get(
    `${cluster}/brokers/-/configs`,
    'Configs',
    'List configs of all brokers',
    resources.kafkaBrokerConfigListSchema,
  ),
  listBrokerConfigs: get(`${broker}/configs`, 'Configs', 'List broker configs', resources.kafkaBrokerConfigListSchema),
  getBrokerConfig: get(`${broker}/configs/{name}`, 'Configs', 'Get a broker config', resources.kafkaBrokerConfigSchema),
  updateBrokerConfig: refusedOnly(
    'PUT',
    `${broker}/configs/{name}`,
    'Configs',
    'Change a broker config',
    resources.updateConfigSchema,
  ),
  resetBrokerConfig: refusedOnly('DELETE', `${broker}/configs/{name}`, 'Configs', 'Reset a broker config'),
  alterBrokerConfigs: refusedOnly(
    'POST',
    `${broker}/configs:alter`,
    'Configs',
    'Change broker configs',
    resources.alterConfigsSchema,
  ),
  listClusterConfigs: get(
    `${cluster}/broker-configs`,
    'Configs',
    'List configs set for all brokers',
    resources.kafkaClusterConfigListSchema,
  ),
  getClusterConfig: refusedOnly('GET', `${cluster}/broker-configs/{name}`, 'Configs', 'Get a config of all brokers'),
  updateClusterConfig: refusedOnly(
    'PUT',
    `${cluster}/broker-configs/{name}`,
    'Configs',
    'Change a config of all brokers',
    resources.updateConfigSchema,
  ),
  resetClusterConfig: refusedOnly(
    'DELETE',
    `${cluster}/broker-configs/{name}`,
    'Configs',
    'Reset a config of all brokers',
  ),
  alterClusterConfigs: refusedOnly(
    'POST',
    `${cluster}/broker-configs:alter`,
    'Configs',
    'Change configs of all brokers',
    resources.alterConfigsSchema,
  ),
} as const;

const topicOperations = {
  listTopics: {
    ...get(`${cluster}/topics`, 'Topic', 'List topics', resources.kafkaTopicListSchema),
    query: { ...pageToken, include_authorized_operations: '`true` lists what may be done with each topic.' },
  },
  createTopic: {
    ...named('POST', `${cluster}/topics`, 'Topic', 'Create a topic, or see whether it could be'),
    request: resources.createKafkaTopicSchema,
    answers: { 200: resources.kafkaTopicSchema, 201: resources.kafkaTopicSchema },
  },
  getTopic: {
    ...get(topic, 'Topic', 'Get a topic', resources.kafkaTopicSchema),
    query: { include_authorized_operations: '`true` lists what may be done with the topic.' },
  },
  alterPartitionsCount: {
    ...named('PATCH', topic, 'Topic', 'Add partitions to a topic'),
    request: resources.alterPartitionsCountSchema,
    answers: { 200: resources.kafkaTopicSchema },
  },
  deleteTopic: change('DELETE', topic, 'Topic', 'Delete a topic'),
  listAllTopicConfigs: {
    ...get(`${cluster}/topics/-/configs`, 'Configs', 'List configs of topics', resources.kafkaTopicConfigListSchema),
    query: pageToken,
  },
  listTopicConfigs: get(`${topic}/configs`, 'Configs', 'List topic configs', resources.kafkaTopicConfigListSchema),
  getTopicConfig: get(`${topic}/configs/{name}`, 'Configs', 'Get a topic config', resources.kafkaTopicConfigSchema),
  updateTopicConfig: change(
    'PUT',
    `${topic}/configs/{name}`,
    'Configs',
    'Change a topic config',
    resources.updateConfigSchema,
  ),
  resetTopicConfig: change('DELETE', `${topic}/configs/{name}`, 'Configs', 'Reset a topic config'),
  alterTopicConfigs: change(
    'POST',
    `${topic}/configs:alter`,
    'Configs',
    'Change topic configs, or see whether they could be',
    resources.alterConfigsSchema,
  ),
} as const;

const partitionOperations = {
  listPartitions: get(`${topic}/partitions`, 'Partition', 'List partitions', resources.kafkaPartitionListSchema),
  getPartition: get(partition, 'Partition', 'Get a partition', resources.kafkaPartitionSchema),
  getPartitionOffsets: {
    ...get(
      `${partition}/offset`,
      'Partition',
      'Get the first and the next offset of a partition',
      resources.kafkaPartitionOffsetsSchema,
    ),
    query: { offset_type: '`earliest_and_latest`, which is also what is meant without it.' },
  },
  listReplicas: get(`${partition}/replicas`, 'Replica', 'List replicas', resources.kafkaReplicaListSchema),
  getReplica: get(`${partition}/replicas/{broker_id}`, 'Replica', 'Get a replica', resources.kafkaReplicaSchema),
  listReassignments: get(
    `${cluster}/topics/-/partitions/-/reassignment`,
    'Partition',
    'List reassignments',
    resources.kafkaReassignmentListSchema,
  ),
  listTopicReassignments: get(
    `${topic}/partitions/-/reassignment`,
    'Partition',
    'List reassignments of a topic',
    resources.kafkaReassignmentListSchema,
  ),
  getReassignment: get(
    `${partition}/reassignment`,
    'Partition',
    'Get the reassignment of a partition',
    resources.kafkaReassignmentSchema,
  ),
} as const;

const recordOperations = {
  produceRecords: {
    ...named('POST', `${topic}/records`, 'Records', 'Produce records, one JSON object after the other'),
    request: produceRequestV3Schema,
    answers: { 200: z.union([producedRecordSchema, resources.restErrorSchema]) },
  },
  produceBatch: {
    ...named('POST', `${topic}/records:batch`, 'Records', 'Produce up to ten records'),
    request: produceBatchRequestSchema,
    answers: { 207: produceBatchResponseSchema },
  },
} as const;

const group = `${cluster}/consumer-groups/{consumer_group_id}`;
const consumer = `${group}/consumers/{consumer_id}`;
const place = '{topic_name}/partitions/{partition_id}';

const groupOperations = {
  listConsumerGroups: {
    ...get(`${cluster}/consumer-groups`, 'Consumer Group', 'List groups', groups.kafkaConsumerGroupListSchema),
    query: pageToken,
  },
  getConsumerGroup: get(group, 'Consumer Group', 'Get a group', groups.kafkaConsumerGroupSchema),
  listConsumers: get(`${group}/consumers`, 'Consumer Group', 'List consumers', groups.kafkaConsumerListSchema),
  getConsumer: get(consumer, 'Consumer Group', 'Get a consumer', groups.kafkaConsumerSchema),
  listConsumerAssignments: get(
    `${consumer}/assignments`,
    'Consumer Group',
    'List what a consumer was assigned',
    groups.kafkaConsumerAssignmentListSchema,
  ),
  getConsumerAssignment: get(
    `${consumer}/assignments/${place}`,
    'Consumer Group',
    'Get a partition that a consumer was assigned',
    groups.kafkaConsumerAssignmentSchema,
  ),
  listLags: get(`${group}/lags`, 'Consumer Group', 'List lags', groups.kafkaConsumerLagListSchema),
  getLag: get(`${group}/lags/${place}`, 'Consumer Group', 'Get the lag of a partition', groups.kafkaConsumerLagSchema),
  getLagSummary: get(`${group}/lag-summary`, 'Consumer Group', 'Get the lag of a group', groups.kafkaLagSummarySchema),
} as const;

const documentOperations = {
  getRestProxyDocument: get(
    '/v3/openapi.json',
    'Document',
    'Get this document',
    z.looseObject({ openapi: z.string() }),
  ),
} as const;

/** Every route of the REST Proxy's API v3: what the door routes by, its document describes and the tests check. */
export const v3Operations = {
  ...clusterOperations,
  ...brokerOperations,
  ...topicOperations,
  ...partitionOperations,
  ...recordOperations,
  ...groupOperations,
  ...documentOperations,
} as const satisfies Record<string, RestOperation>;

import { describe, expect, it } from 'vitest';
import { buildRestProxyDocument } from '../../../src/api/rest-proxy/openapi.ts';
import { restProxyOrigin } from '../../support/rest-proxy-api.ts';

type Schema = { readonly required?: readonly string[]; readonly properties?: Readonly<Record<string, unknown>> };

const document = buildRestProxyDocument('1.2.3-test', restProxyOrigin) as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** Every operation that the public OpenAPI document of the REST Proxy's API v3 has, below a cluster's path. */
const publicOperations = {
  '': ['get'],
  '/acls': ['get', 'post', 'delete'],
  '/acls:batch': ['post'],
  '/broker-configs': ['get'],
  '/broker-configs:alter': ['post'],
  '/broker-configs/{name}': ['get', 'put', 'delete'],
  '/brokers': ['get'],
  '/brokers/{broker_id}': ['get'],
  '/brokers/-/configs': ['get'],
  '/brokers/{broker_id}/configs': ['get'],
  '/brokers/{broker_id}/configs:alter': ['post'],
  '/brokers/{broker_id}/configs/{name}': ['get', 'put', 'delete'],
  '/brokers/{broker_id}/partition-replicas': ['get'],
  '/consumer-groups': ['get'],
  '/consumer-groups/{consumer_group_id}': ['get'],
  '/consumer-groups/{consumer_group_id}/consumers': ['get'],
  '/consumer-groups/{consumer_group_id}/consumers/{consumer_id}': ['get'],
  '/consumer-groups/{consumer_group_id}/consumers/{consumer_id}/assignments': ['get'],
  '/consumer-groups/{consumer_group_id}/consumers/{consumer_id}/assignments/{topic_name}/partitions/{partition_id}': [
    'get',
  ],
  '/consumer-groups/{consumer_group_id}/lag-summary': ['get'],
  '/consumer-groups/{consumer_group_id}/lags': ['get'],
  '/consumer-groups/{consumer_group_id}/lags/{topic_name}/partitions/{partition_id}': ['get'],
  '/topics': ['get', 'post'],
  '/topics/-/configs': ['get'],
  '/topics/-/partitions/-/reassignment': ['get'],
  '/topics/{topic_name}': ['get', 'patch', 'delete'],
  '/topics/{topic_name}/configs': ['get'],
  '/topics/{topic_name}/configs:alter': ['post'],
  '/topics/{topic_name}/configs/{name}': ['get', 'put', 'delete'],
  '/topics/{topic_name}/partitions': ['get'],
  '/topics/{topic_name}/partitions/-/reassignment': ['get'],
  '/topics/{topic_name}/partitions/{partition_id}': ['get'],
  '/topics/{topic_name}/partitions/{partition_id}/reassignment': ['get'],
  '/topics/{topic_name}/partitions/{partition_id}/replicas': ['get'],
  '/topics/{topic_name}/partitions/{partition_id}/replicas/{broker_id}': ['get'],
  '/topics/{topic_name}/records': ['post'],
  '/topics/{topic_name}/records:batch': ['post'],
} as const;

const partition = ['topic_name', 'partition_id'];
const config = ['name', 'is_default', 'is_read_only', 'is_sensitive', 'source', 'synonyms'];
const acl = ['resource_type', 'resource_name', 'pattern_type', 'principal', 'host', 'operation', 'permission'];
const group = ['consumer_group_id'];

/** The fields that it promises of each resource, besides `kind`, `metadata` and `cluster_id`, which all of them have. */
const publicFields: Readonly<Record<string, readonly string[]>> = {
  KafkaCluster: ['acls', 'brokers', 'broker_configs', 'consumer_groups', 'topics', 'partition_reassignments'],
  KafkaAcl: acl,
  KafkaBroker: ['broker_id', 'configs', 'partition_replicas'],
  KafkaBrokerConfig: ['broker_id', ...config],
  KafkaClusterConfig: ['config_type', ...config],
  KafkaTopicConfig: ['topic_name', ...config],
  KafkaTopic: [
    ...['topic_name', 'is_internal', 'replication_factor', 'partitions_count'],
    ...['partitions', 'configs', 'partition_reassignments'],
  ],
  KafkaPartition: [...partition, 'replicas', 'reassignment'],
  KafkaReplica: [...partition, 'broker_id', 'is_leader', 'is_in_sync', 'broker'],
  KafkaReassignment: [...partition, 'adding_replicas', 'removing_replicas', 'replicas'],
  KafkaConsumerGroup: [...group, 'is_simple', 'partition_assignor', 'state', 'coordinator', 'consumers', 'lag_summary'],
  KafkaConsumer: [...group, 'consumer_id', 'client_id', 'assignments'],
  KafkaConsumerAssignment: [...group, 'consumer_id', ...partition, 'partition', 'lag'],
  KafkaConsumerLag: [...group, ...partition, 'current_offset', 'log_end_offset', 'lag', 'consumer_id', 'client_id'],
  KafkaConsumerGroupLagSummary: [
    ...[...group, 'max_lag_consumer_id', 'max_lag_client_id', 'max_lag_topic_name', 'max_lag_partition_id'],
    ...['max_lag', 'total_lag', 'max_lag_consumer', 'max_lag_partition'],
  ],
};

const schemaOf = (name: string): Schema => {
  const schema = document.components.schemas[name];
  if (schema === undefined) throw new Error(`there is no schema ${name}`);
  return schema;
};

describe('the API v3 as it is documented publicly', () => {
  it.each(Object.entries(publicOperations))('has %s', (path, methods) => {
    const found = Object.keys(document.paths[`/v3/clusters/{cluster_id}${path}`] ?? {});
    expect(found).toEqual(expect.arrayContaining([...methods]));
  });

  it('has the list of clusters', () => expect(document.paths['/v3/clusters']).toHaveProperty('get'));

  it.each(Object.entries(publicFields))('always has the fields of a %s', (kind, fields) => {
    const { required = [] } = schemaOf(kind);
    expect([...required].toSorted()).toEqual(
      expect.arrayContaining(['kind', 'metadata', 'cluster_id', ...fields].toSorted()),
    );
  });

  it.each(Object.keys(publicFields).filter((kind) => kind !== 'KafkaConsumerGroupLagSummary'))(
    'lists %s with metadata and data',
    (kind) => {
      expect(schemaOf(`${kind}List`).required).toEqual(expect.arrayContaining(['kind', 'metadata', 'data']));
    },
  );
});

import { z } from 'zod';

/** Shapes of the REST Proxy's API v3: resources with `kind`, `metadata.self` and links to what is related. */

const link = z.string().meta({ format: 'uri' });

export const relatedSchema = z.object({ related: link }).meta({ id: 'Relationship' });

const resourceMetadataSchema = z
  .object({ self: link, resource_name: z.string().nullable() })
  .meta({ id: 'ResourceMetadata' });

const listMetadataSchema = z
  .object({ self: link, next: link.nullable().describe('The next page; null on the last.') })
  .meta({ id: 'ListMetadata' });

/** A resource of one kind in the cluster. */
export const restResource = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z
    .strictObject({ kind: z.literal(kind), metadata: resourceMetadataSchema, cluster_id: z.string(), ...shape })
    .meta({ id: kind });

/** A list of resources. */
export const restListOf = <Item extends z.ZodType>(kind: string, item: Item) =>
  z.strictObject({ kind: z.literal(kind), metadata: listMetadataSchema, data: z.array(item) }).meta({ id: kind });

/** The body of every error. */
export const restErrorSchema = z
  .strictObject({ error_code: z.int(), message: z.string() })
  .meta({ id: 'RestProxyError' });

export const kafkaClusterSchema = restResource('KafkaCluster', {
  controller: relatedSchema,
  acls: relatedSchema,
  brokers: relatedSchema,
  broker_configs: relatedSchema,
  consumer_groups: relatedSchema,
  topics: relatedSchema,
  partition_reassignments: relatedSchema,
});

export const kafkaBrokerSchema = restResource('KafkaBroker', {
  broker_id: z.int(),
  host: z.string().nullable(),
  port: z.int().nullable(),
  rack: z.string().nullable(),
  configs: relatedSchema,
  partition_replicas: relatedSchema,
});

const configSourceSchema = z.enum(['DYNAMIC_TOPIC_CONFIG', 'STATIC_BROKER_CONFIG', 'DEFAULT_CONFIG']);

const configShape = {
  name: z.string(),
  value: z.string().nullable(),
  is_default: z.boolean(),
  is_read_only: z.boolean(),
  is_sensitive: z.boolean(),
  source: configSourceSchema,
  synonyms: z.array(z.strictObject({ name: z.string(), value: z.string().nullable(), source: configSourceSchema })),
};

export const kafkaBrokerConfigSchema = restResource('KafkaBrokerConfig', { broker_id: z.int(), ...configShape });

export const kafkaClusterConfigSchema = restResource('KafkaClusterConfig', {
  config_type: z.literal('BROKER'),
  ...configShape,
});

export const kafkaTopicConfigSchema = restResource('KafkaTopicConfig', { topic_name: z.string(), ...configShape });

export const kafkaTopicSchema = restResource('KafkaTopic', {
  topic_name: z.string(),
  is_internal: z.boolean(),
  replication_factor: z.int(),
  partitions_count: z.int(),
  partitions: relatedSchema,
  configs: relatedSchema,
  partition_reassignments: relatedSchema,
  authorized_operations: z.array(z.string()).describe('Empty unless include_authorized_operations=true.'),
});

const partitionShape = { topic_name: z.string(), partition_id: z.int() };

export const kafkaPartitionSchema = restResource('KafkaPartition', {
  ...partitionShape,
  leader: relatedSchema,
  replicas: relatedSchema,
  reassignment: relatedSchema,
});

export const kafkaPartitionOffsetsSchema = restResource('KafkaPartitionWithOffsets', {
  ...partitionShape,
  earliest_offset: z.int(),
  latest_offset: z.int(),
});

export const kafkaReplicaSchema = restResource('KafkaReplica', {
  ...partitionShape,
  broker_id: z.int(),
  is_leader: z.boolean(),
  is_in_sync: z.boolean(),
  broker: relatedSchema,
});

export const kafkaReassignmentSchema = restResource('KafkaReassignment', {
  ...partitionShape,
  adding_replicas: z.array(z.int()),
  removing_replicas: z.array(z.int()),
  replicas: relatedSchema,
});

export const kafkaClusterListSchema = restListOf('KafkaClusterList', kafkaClusterSchema);
export const kafkaBrokerListSchema = restListOf('KafkaBrokerList', kafkaBrokerSchema);
export const kafkaBrokerConfigListSchema = restListOf('KafkaBrokerConfigList', kafkaBrokerConfigSchema);
export const kafkaClusterConfigListSchema = restListOf('KafkaClusterConfigList', kafkaClusterConfigSchema);
export const kafkaTopicListSchema = restListOf('KafkaTopicList', kafkaTopicSchema);
export const kafkaTopicConfigListSchema = restListOf('KafkaTopicConfigList', kafkaTopicConfigSchema);
export const kafkaPartitionListSchema = restListOf('KafkaPartitionList', kafkaPartitionSchema);
export const kafkaReplicaListSchema = restListOf('KafkaReplicaList', kafkaReplicaSchema);
export const kafkaReassignmentListSchema = restListOf('KafkaReassignmentList', kafkaReassignmentSchema);

const int32 = () => z.int32();

export const createKafkaTopicSchema = z
  .strictObject({
    topic_name: z.string(),
    partitions_count: int32().nullish().describe('1 if absent or -1.'),
    replication_factor: int32().nullish().describe('Absent, -1 or 1: there is one nominal broker.'),
    replicas_assignments: z
      .array(z.strictObject({ partition_id: int32(), broker_ids: z.array(int32()) }))
      .nullish()
      .describe('Every partition once, each on broker 0; not together with partitions_count.'),
    configs: z.array(z.strictObject({ name: z.string(), value: z.string().nullish() })).nullish(),
    validate_only: z.boolean().nullish(),
  })
  .meta({ id: 'CreateTopicRequest' });

export const alterPartitionsCountSchema = z
  .strictObject({ partitions_count: int32() })
  .meta({ id: 'UpdatePartitionCountRequest' });

export const updateConfigSchema = z
  .strictObject({ value: z.string().nullish().describe('null resets it to its default.') })
  .meta({ id: 'UpdateConfigRequest' });

export const alterConfigsSchema = z
  .strictObject({
    data: z.array(
      z.strictObject({ name: z.string(), value: z.string().nullish(), operation: z.enum(['SET', 'DELETE']).nullish() }),
    ),
    validate_only: z.boolean().nullish(),
  })
  .meta({ id: 'AlterConfigBatchRequest' });

export type CreateKafkaTopic = z.infer<typeof createKafkaTopicSchema>;
export type KafkaTopic = z.infer<typeof kafkaTopicSchema>;
export type KafkaTopicConfig = z.infer<typeof kafkaTopicConfigSchema>;
export type KafkaBrokerConfig = z.infer<typeof kafkaBrokerConfigSchema>;
export type KafkaPartition = z.infer<typeof kafkaPartitionSchema>;
export type KafkaReplica = z.infer<typeof kafkaReplicaSchema>;
export type KafkaCluster = z.infer<typeof kafkaClusterSchema>;
export type KafkaBroker = z.infer<typeof kafkaBrokerSchema>;

import { z } from 'zod';

/** Shapes of the REST Proxy's API v2. */

export const rootSchema = z.strictObject({}).meta({ id: 'RootV2' });

export const topicNamesSchema = z.array(z.string()).meta({ id: 'TopicNamesV2' });

export const partitionV2Schema = z
  .strictObject({
    partition: z.int(),
    leader: z.int(),
    replicas: z.array(z.strictObject({ broker: z.int(), leader: z.boolean(), in_sync: z.boolean() })),
  })
  .meta({ id: 'PartitionV2' });

export const partitionsV2Schema = z.array(partitionV2Schema).meta({ id: 'PartitionsV2' });

export const topicV2Schema = z
  .strictObject({
    name: z.string(),
    configs: z.record(z.string(), z.string()).describe('Every config in force.'),
    partitions: partitionsV2Schema,
  })
  .meta({ id: 'TopicV2' });

export const partitionOffsetsV2Schema = z
  .strictObject({ beginning_offset: z.int(), end_offset: z.int() })
  .meta({ id: 'PartitionOffsetsV2' });

export const brokersV2Schema = z.strictObject({ brokers: z.array(z.int()) }).meta({ id: 'BrokersV2' });

export const produceRequestV2Schema = z
  .strictObject({
    key_schema: z.string().nullish(),
    key_schema_id: z.int().nullish(),
    value_schema: z.string().nullish(),
    value_schema_id: z.int().nullish(),
    records: z
      .array(
        z.strictObject({
          key: z.unknown().optional().describe('Base64 in the binary format, any JSON in the json format.'),
          value: z.unknown().optional(),
          partition: z.int().nullish(),
        }),
      )
      .min(1),
  })
  .meta({ id: 'ProduceRequestV2' });

export const produceAnswerV2Schema = z
  .strictObject({
    offsets: z.array(
      z.strictObject({
        partition: z.int().nullable(),
        offset: z.int().nullable(),
        error_code: z.int().nullable().describe('1: a retry fails too; 2: a retry may succeed; null: it is stored.'),
        error: z.string().nullable(),
      }),
    ),
    key_schema_id: z.int().nullable(),
    value_schema_id: z.int().nullable(),
  })
  .meta({ id: 'ProduceAnswerV2' });

export type PartitionV2 = z.infer<typeof partitionV2Schema>;
export type ProduceAnswerV2 = z.infer<typeof produceAnswerV2Schema>;

/** Clients send numbers and booleans of configs as such or as text. */
const looseBoolean = z.union([z.boolean(), z.enum(['true', 'false'])]);
const looseInteger = z.union([z.int(), z.string().regex(/^-?\d{1,15}$/)]);

export const createInstanceSchema = z
  .strictObject({
    id: z.string().nullish().describe('What name is, in an older spelling.'),
    name: z.string().nullish().describe('Made up if absent.'),
    format: z.string().nullish().describe('binary (the default) or json.'),
    'auto.offset.reset': z.string().nullish().describe('latest (the default), earliest or none.'),
    'auto.commit.enable': looseBoolean.nullish().describe('true if absent.'),
    'fetch.min.bytes': looseInteger.nullish(),
    'consumer.request.timeout.ms': looseInteger.nullish(),
  })
  .meta({ id: 'CreateConsumerInstance' });

export const instanceSchema = z
  .strictObject({ instance_id: z.string(), base_uri: z.string() })
  .meta({ id: 'ConsumerInstance' });

const partitionsShape = { partitions: z.array(z.strictObject({ topic: z.string(), partition: z.int().min(0) })) };

export const subscriptionRequestSchema = z
  .strictObject({ topics: z.array(z.string()).nullish(), topic_pattern: z.string().nullish() })
  .meta({ id: 'SubscriptionRequest' });

export const subscriptionSchema = z.strictObject({ topics: z.array(z.string()) }).meta({ id: 'Subscription' });

export const partitionListSchema = z.strictObject(partitionsShape).meta({ id: 'PartitionList' });

const offsetShape = { topic: z.string(), partition: z.int().min(0), offset: z.int().min(0) };

export const offsetsRequestSchema = z
  .strictObject({ offsets: z.array(z.strictObject({ ...offsetShape, metadata: z.string().nullish() })) })
  .meta({ id: 'OffsetsRequest' });

export const positionsRequestSchema = z
  .strictObject({
    offsets: z.array(z.strictObject({ ...offsetShape, metadata: z.string().nullish() })).nullish(),
    timestamps: z
      .array(
        z.strictObject({ topic: z.string(), partition: z.int().min(0), timestamp: z.union([z.string(), z.int()]) }),
      )
      .nullish(),
  })
  .meta({ id: 'PositionsRequest' });

export const committedOffsetsSchema = z
  .strictObject({ offsets: z.array(z.strictObject({ ...offsetShape, metadata: z.string() })) })
  .meta({ id: 'CommittedOffsets' });

/** The REST Proxy answers a commit with a list in which there never is anything. */
export const commitAnswerSchema = z.array(z.never()).meta({ id: 'CommitAnswer' });

export const consumedRecordsSchema = z
  .array(
    z.strictObject({
      topic: z.string(),
      key: z.unknown(),
      value: z.unknown(),
      partition: z.int(),
      offset: z.int(),
    }),
  )
  .meta({ id: 'ConsumedRecords' });

export type CreateInstance = z.infer<typeof createInstanceSchema>;

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

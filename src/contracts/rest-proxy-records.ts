import { z } from 'zod';

/** How the REST Proxy's API v3 takes and acknowledges records. */

const recordDataSchema = z
  .strictObject({
    type: z.enum(['BINARY', 'JSON', 'STRING', 'AVRO', 'JSONSCHEMA', 'PROTOBUF']).nullish(),
    data: z
      .unknown()
      .optional()
      .describe('Base64, a string, or any JSON, as `type` says; null is a null key or value.'),
    subject: z.string().nullish(),
    subject_name_strategy: z.string().nullish(),
    schema_id: z.int().nullish(),
    schema_version: z.int().nullish(),
    schema: z.string().nullish(),
  })
  .meta({ id: 'ProduceRequestData' });

const recordShape = {
  partition_id: z.int().nullish(),
  headers: z.array(z.strictObject({ name: z.string(), value: z.base64().nullish() })).nullish(),
  key: recordDataSchema.nullish(),
  value: recordDataSchema.nullish(),
  timestamp: z.string().nullish().describe('RFC 3339; absent: the time of the append.'),
};

export const produceRequestV3Schema = z.strictObject(recordShape).meta({ id: 'ProduceRecordRequest' });

export const produceBatchRequestSchema = z
  .strictObject({
    entries: z
      .array(z.strictObject({ id: z.string().min(1).max(80), ...recordShape }))
      .min(1)
      .max(10),
  })
  .meta({ id: 'ProduceBatchRequest' });

const sizeSchema = z
  .strictObject({ type: z.enum(['BINARY', 'JSON', 'STRING']), size: z.int() })
  .nullable()
  .meta({ id: 'ProduceResponseData' });

const producedShape = {
  cluster_id: z.string(),
  topic_name: z.string(),
  partition_id: z.int(),
  offset: z.int(),
  timestamp: z.string().meta({ format: 'date-time' }),
  key: sizeSchema,
  value: sizeSchema,
};

/** One record that was stored. */
export const producedRecordSchema = z
  .strictObject({ error_code: z.literal(200), ...producedShape })
  .meta({ id: 'ProduceRecordResponse' });

export const produceBatchResponseSchema = z
  .strictObject({
    successes: z.array(z.strictObject({ id: z.string(), ...producedShape })),
    failures: z.array(z.strictObject({ id: z.string(), error_code: z.int(), message: z.string() })),
  })
  .meta({ id: 'ProduceBatchResponse' });

export type ProducedRecordJson = z.infer<typeof producedRecordSchema>;
export type ProduceBatchResponse = z.infer<typeof produceBatchResponseSchema>;

import { z } from 'zod';
import type { RecordJson } from './record-json.ts';

const base64 = z.base64();

/** Any JSON: what it is never matters here, and walking it would cost more than all else. */
const jsonValue = () => z.unknown();

/** A header of a record: a UTF-8 text, bytes, or null; names repeat freely. */
export const recordHeaderSchema = z
  .object({
    name: z.string(),
    value: z.string().nullable().optional(),
    value_base64: base64.nullish(),
  })
  .meta({ id: 'RecordHeader' });

/** A record as a producer sends it: at most one of the three forms of value, and of the two of key. */
export const produceRecordSchema = z
  .strictObject({
    key: jsonValue().optional().describe('A string is stored as its UTF-8 text, any other JSON as its source text.'),
    key_base64: base64.nullish(),
    value: jsonValue()
      .optional()
      .describe('Any JSON, stored as its source text byte for byte; null or absent is a tombstone.'),
    value_text: z.string().nullish().describe('Stored as UTF-8.'),
    value_base64: base64.nullish(),
    headers: z.array(recordHeaderSchema).nullish(),
    partition: z.int().min(0).nullish().describe('Pins the record; otherwise its key chooses.'),
    timestamp: z.int().min(0).nullish().describe('Milliseconds since 1970; absent: the time of the append.'),
  })
  .meta({ id: 'ProduceRecord' });

export const produceRequestSchema = z
  .strictObject({ records: z.array(produceRecordSchema).min(1) })
  .meta({ id: 'ProduceRequest' });

/** What became of one record, in request order. */
export const produceResultSchema = z
  .union([
    z.object({ partition: z.int(), offset: z.int(), timestamp: z.int() }),
    z.object({
      error: z.object({ code: z.string(), message: z.string(), detail: z.record(z.string(), jsonValue()).optional() }),
    }),
  ])
  .meta({ id: 'ProduceResult' });

export const produceAnswerSchema = z
  .object({
    results: z.array(produceResultSchema),
    duplicate: z.boolean().optional().describe('True when a retry was recognised and the first answer is repeated.'),
  })
  .meta({ id: 'ProduceAnswer' });

export const valueTypeSchema = z.enum(['json', 'text', 'base64', 'null']);

/** A record as JSON doors show it; see record-json.ts. */
export const recordSchema = z
  .object({
    partition: z.int(),
    offset: z.int(),
    timestamp: z.int(),
    key: jsonValue(),
    key_type: valueTypeSchema,
    value: jsonValue().describe('The stored JSON itself, a string (text or base64), or null.'),
    value_type: valueTypeSchema,
    headers: z.array(recordHeaderSchema),
  })
  .meta({ id: 'Record' });

export const readAnswerSchema = z
  .object({
    records: z.array(recordSchema),
    next_offset: z.int().describe('Where the next read continues.'),
    high_watermark: z.int().describe('The offset the next record will get.'),
    log_start_offset: z.int().describe('The first offset that can be read.'),
  })
  .meta({ id: 'ReadAnswer' });

export const searchAnswerSchema = z
  .object({
    records: z.array(recordSchema).describe('In the order of partitions and offsets.'),
    scanned: z
      .object({ records: z.int(), bytes: z.int() })
      .describe('What this request tried: records, and their bytes without compression.'),
    partitions: z
      .array(
        z.object({
          partition: z.int(),
          next_offset: z.int().describe('All before it that the search is about was tried.'),
          end_offset: z.int().describe('The high watermark, or for read_committed the last stable offset.'),
        }),
      )
      .describe('Those that this request read.'),
    partition_count: z.int().describe('How many partitions the search is about.'),
    narrowed_by_key: z
      .boolean()
      .describe("True when the filter names a key and only that key's partition is searched; see every_partition."),
    cursor: z.string().nullable().describe('Goes on from here; null when the end of each partition was reached.'),
  })
  .meta({ id: 'SearchAnswer' });

export type ProduceRecordJson = z.infer<typeof produceRecordSchema>;
export type ProduceRequest = z.infer<typeof produceRequestSchema>;
export type ProduceResult = z.infer<typeof produceResultSchema>;
export type ProduceAnswer = z.infer<typeof produceAnswerSchema>;
export type ReadAnswer = z.infer<typeof readAnswerSchema>;
export type SearchAnswer = Omit<z.infer<typeof searchAnswerSchema>, 'records'> & {
  readonly records: readonly RecordJson[];
};

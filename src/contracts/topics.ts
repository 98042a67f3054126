import { z } from 'zod';
import { limits } from '../limits.ts';

/** What one partition last said about itself. */
export const partitionReportSchema = z
  .object({
    partition: z.int(),
    log_start_offset: z.int().describe('The first offset that can be read.'),
    high_watermark: z.int().describe('The offset the next record got at that time.'),
    local_bytes: z.int().describe('Bytes of records that the partition holds itself.'),
    remote_bytes: z.int().describe('Bytes of records that were moved to the object store; reads find them there.'),
    segment_count: z.int(),
    max_timestamp: z
      .int()
      .describe('The latest timestamp of a record, in milliseconds since 1970; -1 without records.'),
    next_maintenance_at: z
      .int()
      .nullable()
      .describe(
        'When the partition has something to do next: retention, compaction, moving segments; null when nothing.',
      ),
    compaction: z
      .object({
        cleanable_ratio: z
          .number()
          .describe('The share of bytes that may be compacted and are not: compared with min.cleanable.dirty.ratio.'),
        cleaned_offset: z.int().describe('Of two records of one key below it, the earlier is gone.'),
        cleaned_at: z.int().nullable().describe('When compaction last came to its end; null before the first time.'),
      })
      .nullable()
      .describe('Null when the topic is not compacted.'),
    damaged: z
      .array(z.object({ offset: z.int(), last_offset: z.int() }))
      .describe('Offsets of which some were found damaged in storage: reading them answers KAFKA_STORAGE_ERROR.'),
    reported_at: z.int().describe('When it was said, in milliseconds since 1970.'),
  })
  .meta({ id: 'PartitionReport' });

/** A topic as the API shows it. */
export const topicSchema = z
  .object({
    name: z.string(),
    topic_id: z.string().describe('New at each creation: topics of one name at different times have different ids.'),
    partitions: z.int(),
    config: z.record(z.string(), z.string()).describe("Every key in force, under Kafka's names."),
    config_overrides: z.record(z.string(), z.string()).describe('The keys that were set for this topic.'),
    created_at: z.int().describe('Milliseconds since 1970.'),
    partition_reports: z
      .array(partitionReportSchema)
      .optional()
      .describe(
        'When one topic is asked for: what its partitions last reported, a little behind the log itself; a partition that was never written to may have no entry.',
      ),
  })
  .meta({ id: 'Topic' });

/** The bounds stand in the document only: beyond them the cluster answers INVALID_PARTITIONS. */
const partitionCountSchema = z.int().meta({ minimum: 1, maximum: limits.partitionsPerTopic.value });

const configValueSchema = z.union([z.string(), z.number(), z.boolean()]);

export const createTopicSchema = z
  .strictObject({
    name: z.string(),
    partitions: partitionCountSchema.optional().describe('1 if absent.'),
    config: z.record(z.string(), configValueSchema).optional(),
  })
  .meta({ id: 'CreateTopic' });

export const alterTopicSchema = z
  .strictObject({
    partitions: partitionCountSchema.optional().describe('May only grow.'),
    config: z.record(z.string(), configValueSchema.nullable()).optional().describe('null resets a key to its default.'),
  })
  .meta({ id: 'AlterTopic' });

export const topicListSchema = z
  .object({ topics: z.array(topicSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'TopicList' });

export const producerSchema = z.object({ producer_id: z.int(), producer_epoch: z.int() }).meta({ id: 'Producer' });

export type TopicJson = z.infer<typeof topicSchema>;
export type TopicListJson = z.infer<typeof topicListSchema>;
export type CreateTopicJson = z.infer<typeof createTopicSchema>;
export type AlterTopicJson = z.infer<typeof alterTopicSchema>;

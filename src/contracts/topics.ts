import { z } from 'zod';

/** A topic as the API shows it. */
export const topicSchema = z
  .object({
    name: z.string(),
    topic_id: z.string(),
    partitions: z.int(),
    config: z.record(z.string(), z.string()).describe("Every key in force, under Kafka's names."),
    config_overrides: z.record(z.string(), z.string()).describe('The keys that were set for this topic.'),
    created_at: z.int().describe('Milliseconds since 1970.'),
  })
  .meta({ id: 'Topic' });

export const createTopicSchema = z
  .strictObject({
    name: z.string(),
    partitions: z.int().min(1).optional(),
    config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  })
  .meta({ id: 'CreateTopic' });

export const alterTopicSchema = z
  .strictObject({
    partitions: z.int().min(1).optional().describe('May only grow.'),
    config: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
      .optional()
      .describe('null resets a key to its default.'),
  })
  .meta({ id: 'AlterTopic' });

export const topicListSchema = z
  .object({ topics: z.array(topicSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'TopicList' });

export const producerSchema = z.object({ producer_id: z.int(), producer_epoch: z.int() }).meta({ id: 'Producer' });

export type TopicJson = z.infer<typeof topicSchema>;
export type CreateTopicJson = z.infer<typeof createTopicSchema>;
export type AlterTopicJson = z.infer<typeof alterTopicSchema>;

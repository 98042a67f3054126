import { z } from 'zod';

/** What to do about records that are gone; there is one answer so far, and it must be said. */
export const recoverPartitionSchema = z
  .strictObject({
    policy: z
      .literal('truncate')
      .describe('Go on with the log as it is: what is missing stays missing, and its offsets are given again.'),
  })
  .meta({ id: 'RecoverPartition' });

export const partitionRecoverySchema = z
  .object({
    partition: z.int(),
    recovered: z.boolean().describe('False when nothing was missing, and nothing was changed.'),
    leader_epoch: z.int().describe('Grows with every recovery, and stands in every batch written since.'),
    log_start_offset: z.int(),
    high_watermark: z.int().describe('The offset the next record gets.'),
    witnessed_high_watermark: z
      .int()
      .nullable()
      .describe('Where the log ended when it was last seen whole; offsets from high_watermark up to it were lost.'),
  })
  .meta({ id: 'PartitionRecovery' });

export type PartitionRecoveryJson = z.infer<typeof partitionRecoverySchema>;

export const topicTimelineSchema = z
  .object({
    partition_count: z.int().describe('How many partitions the topic has.'),
    partitions: z
      .array(
        z.object({
          partition: z.int(),
          log_start_offset: z.int(),
          high_watermark: z.int(),
          first_timestamp: z.int().nullable().describe('Of the first record; null when there is none.'),
          points: z
            .array(
              z.object({
                offset: z.int().describe('All records below it were there'),
                timestamp: z.int().describe('when the largest timestamp of the log was this.'),
              }),
            )
            .describe('In the order of offsets; both only grow.'),
        }),
      )
      .describe('Those that were asked; of a topic with many partitions, some at even distances.'),
  })
  .meta({ id: 'TopicTimeline' });

export type TopicTimelineJson = z.infer<typeof topicTimelineSchema>;

import { z } from 'zod';

const window = {
  from: z.int().describe('When the first point may begin, in ms since 1970.'),
  to: z.int().describe('Before this every point begins.'),
  step_ms: z.int().describe('How wide a point is, where the past is kept so finely.'),
};

const bucket = {
  at: z.int().describe('When it begins, in ms since 1970; a multiple of its width.'),
  width_ms: z.int().describe('At least `step_ms`; the past is kept the less finely the older it is.'),
};

export const throughputHistorySchema = z
  .object({
    ...window,
    points: z
      .array(
        z.object({
          ...bucket,
          records_in: z.int().describe('Records stored within it.'),
          bytes_in: z.int().describe('Bytes of record batches stored within it.'),
          local_bytes: z.int().nullable().describe('The most that partitions held themselves; null where unknown.'),
          remote_bytes: z.int().nullable().describe('The most that was in the object store; null where unknown.'),
        }),
      )
      .describe('In the order of time. Where nothing was written and nothing measured there is no point.'),
  })
  .meta({ id: 'ThroughputHistory' });

export const lagHistorySchema = z
  .object({
    ...window,
    points: z
      .array(
        z.object({
          ...bucket,
          lag: z.int().describe('The most records that it was behind, all partitions together.'),
          lag_ms: z.int().describe('The longest that a next record had waited.'),
        }),
      )
      .describe('In the order of time. Where nothing was measured there is no point.'),
  })
  .meta({ id: 'LagHistory' });

export const activitySchema = z
  .object({
    topics: z
      .array(
        z.object({
          topic: z.string(),
          records_per_second: z.number().describe('By what its partitions told in the minute until now.'),
          bytes_per_second: z.number(),
          local_bytes: z.int(),
          remote_bytes: z.int(),
        }),
      )
      .describe('The busiest first; topics that were never used are left out.'),
    groups: z
      .array(
        z.object({
          group: z.string(),
          lag: z.int(),
          lag_ms: z.int(),
          measured_at: z.int().describe('When, in ms since 1970: every five minutes, without members every hour.'),
        }),
      )
      .describe('The consumer groups that are furthest behind first.'),
  })
  .meta({ id: 'Activity' });

export type ThroughputHistoryJson = z.infer<typeof throughputHistorySchema>;
export type LagHistoryJson = z.infer<typeof lagHistorySchema>;
export type ActivityJson = z.infer<typeof activitySchema>;

import { z } from 'zod';

const jobSchema = z
  .object({
    job: z.string().describe('retention, compaction, tiering, object-deletion or scrubbing.'),
    done: z
      .record(z.string(), z.int())
      .describe('What this run did, by name of what is counted; empty when nothing was due.'),
    next_due_at: z
      .int()
      .nullable()
      .describe('When it is due again, in milliseconds since 1970; null when nothing is left for it.'),
    failure: z
      .object({ code: z.string(), detail: z.string() })
      .nullable()
      .describe('Why its last step failed; it is tried again by itself.'),
  })
  .meta({ id: 'MaintenanceJob' });

const partitionRunSchema = z
  .object({
    topic: z.string(),
    partition: z.int(),
    log_start_offset: z.int().optional(),
    high_watermark: z.int().optional(),
    local_bytes: z.int().optional(),
    remote_bytes: z.int().optional(),
    jobs: z.array(jobSchema).optional().describe('Absent when the partition could not be reached.'),
    failure: z.object({ code: z.string(), detail: z.string() }).optional(),
  })
  .meta({ id: 'PartitionMaintenance' });

/** What one run of maintenance did. */
export const maintenanceSchema = z
  .object({
    partitions: z.array(partitionRunSchema).describe('Those that were ever used; others have nothing to maintain.'),
    next_cursor: z
      .string()
      .nullable()
      .describe('When the run ended before the last partition: what to pass as `cursor` to go on.'),
  })
  .meta({ id: 'Maintenance' });

export const deletedRecordsSchema = z
  .object({ log_start_offset: z.int().describe('The first offset that can be read now.') })
  .meta({ id: 'DeletedRecords' });

export type MaintenanceJson = z.infer<typeof maintenanceSchema>;
export type DeletedRecordsJson = z.infer<typeof deletedRecordsSchema>;

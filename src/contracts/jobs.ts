import { z } from 'zod';
import { limits } from '../limits.ts';

const offset = z.int().min(0);
const partition = z.int().min(0);

/** Where a range begins or ends. */
const place = z.union([
  z.enum(['earliest', 'latest']),
  z.strictObject({ offset }),
  z.strictObject({ timestamp: z.int().min(0) }),
]);

const replaySchema = z.strictObject({
  kind: z.literal('replay'),
  source: z.string(),
  target: z.string(),
  partition: partition.optional().describe('One partition of the source; all if absent. Offsets need it.'),
  from: place.optional().describe('`earliest` if absent; a moment is the first record at or after it.'),
  to: place.optional().describe('Where it ends, without that record; `latest` if absent: the end as it is now.'),
  where: z
    .string()
    .min(1)
    .max(limits.filterCharacters.value)
    .optional()
    .describe('A filter: only the records that it means are copied (docs/filter.md).'),
  dry_run: z.boolean().optional().describe('Only say which offsets would be read.'),
});

const redriveSchema = z.strictObject({
  kind: z.literal('redrive'),
  group: z.string().describe('A share group with a dead-letter topic.'),
  letter: z
    .strictObject({ partition, offset })
    .optional()
    .describe('One letter, by its place in the dead-letter topic; all that did not go back yet if absent.'),
  dry_run: z.boolean().optional().describe('Only say which offsets would be read.'),
});

export const jobRequestSchema = z.discriminatedUnion('kind', [replaySchema, redriveSchema]).meta({ id: 'JobRequest' });

const range = z.object({
  partition: z.int(),
  from: z.int(),
  to: z.int().describe('The first offset that is not part of it.'),
});

export const jobPlanSchema = z
  .object({
    dry_run: z.literal(true),
    source: z.string(),
    target: z.string().nullable().describe('Null where each record says where it goes.'),
    partitions: z.array(range),
    offsets: z.int().describe('How many offsets there are in the ranges.'),
  })
  .meta({ id: 'JobPlan' });

const problem = z.object({ code: z.string(), message: z.string() });

export const jobSchema = z
  .object({
    job_id: z.string(),
    kind: z.enum(['replay', 'redrive']),
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    source: z.string(),
    target: z.string().nullable(),
    group: z.string().nullable(),
    where: z.string().nullable(),
    started_by: z.string(),
    started_at: z.int().describe('Milliseconds since 1970.'),
    updated_at: z.int(),
    ended_at: z.int().nullable(),
    partitions: z.array(range.extend({ next: z.int().describe('Everything below it is done.') })),
    offsets: z.int().describe('How many offsets there are in the ranges.'),
    offsets_done: z.int(),
    read: z.int().describe('Committed records.'),
    written: z.int(),
    written_bytes: z.int(),
    passed_over: z.int().describe('Read and not written: not meant by the filter, or not a letter that can go back.'),
    waiting_for: problem.nullable().describe('Why the last step could not be done; it is tried again.'),
    failure: problem.nullable().describe('Why the job failed.'),
  })
  .meta({ id: 'Job' });

export const jobListSchema = z.object({ jobs: z.array(jobSchema) }).meta({ id: 'JobList' });

export const redrivenSchema = z
  .object({
    dead_letter_topic: z.string().nullable(),
    partitions: z
      .array(z.object({ partition: z.int(), next: z.int() }))
      .describe('Of the dead-letter topic: every letter of the group below `next` was sent back, or passed over.'),
    letters: z
      .array(z.object({ partition: z.int(), offset: z.int() }))
      .describe('Letters above that were sent back one by one.'),
  })
  .meta({ id: 'Redriven' });

export type JobRequestJson = z.infer<typeof jobRequestSchema>;
export type JobPlanJson = z.infer<typeof jobPlanSchema>;
export type JobJson = z.infer<typeof jobSchema>;
export type JobListJson = z.infer<typeof jobListSchema>;
export type RedrivenJson = z.infer<typeof redrivenSchema>;

import { z } from 'zod';
import { limits } from '../limits.ts';
import { recordSchema } from './records.ts';

const offset = z.int().min(0);

const start = z
  .union([z.enum(['earliest', 'latest']), z.strictObject({ timestamp: z.int().min(0) })])
  .describe('Where the group begins to read partitions it has never read; latest if absent.');

/** What may be set of a share group; `INVALID_CONFIG` names bounds, which /v1/limits lists. */
const configShape = {
  lock_duration_ms: z.int().optional().describe('For so long a record is locked for the member that acquired it.'),
  delivery_limit: z.int().optional().describe('How often a record is delivered at most.'),
  redelivery_delay_ms: z
    .int()
    .optional()
    .describe('How long a record waits after it was released, or after its lock ran out.'),
  dead_letter_topic: z
    .string()
    .nullable()
    .optional()
    .describe('Where rejected records and those delivered too often are copied; null drops them.'),
  start: start.optional(),
};

export const shareGroupCreateSchema = z
  .strictObject({ group: z.string(), ...configShape })
  .meta({ id: 'ShareGroupCreate' });

export const shareGroupAlterSchema = z.strictObject(configShape).meta({ id: 'ShareGroupAlter' });

const groupShape = {
  group: z.string(),
  created_at: z.int(),
  config: z.object({
    lock_duration_ms: z.int(),
    delivery_limit: z.int(),
    redelivery_delay_ms: z.int(),
    dead_letter_topic: z.string().nullable(),
    start,
  }),
};

export const shareGroupSchema = z.object(groupShape).meta({ id: 'ShareGroup' });

const shareState = z.enum(['empty', 'stable']);

export const shareGroupListSchema = z
  .object({
    groups: z.array(z.object({ group: z.string(), state: shareState, members: z.int() })),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'ShareGroupList' });

export const shareGroupDescriptionSchema = z
  .object({
    ...groupShape,
    state: shareState,
    members: z.array(
      z.object({
        member_id: z.string(),
        client_id: z.string(),
        topics: z.array(z.string()),
        preferred: z
          .record(z.string(), z.array(z.int().min(0)))
          .describe('By topic, the partitions it looks at first; all members may acquire from all of them.'),
      }),
    ),
    partitions: z.array(
      z.object({
        topic: z.string(),
        partition: z.int(),
        start_offset: z.int().nullable().describe('Everything below it is decided; null before the group began here.'),
        log_start_offset: z.int().nullable(),
        high_watermark: z.int().nullable(),
        available: z.int().describe('Records that wait for a member.'),
        acquired: z.int().describe('Records that are locked for one.'),
        dead_letters: z.int().describe('Records whose dead letter is not written yet.'),
        dead_letter_failure: z.string().nullable().describe('Why the last try to write dead letters failed.'),
        accepted: z.int(),
        archived: z.int().describe('Dropped, because there is no dead-letter topic or no record.'),
        dead_lettered: z.int(),
      }),
    ),
  })
  .meta({ id: 'ShareGroupDescription' });

export const shareAcquireSchema = z
  .strictObject({
    member_id: z
      .string()
      .optional()
      .describe('Of this program, the same in all its calls, so that members spread over the partitions.'),
    topics: z.array(z.string()).min(1),
    max_records: z.int().min(1).max(limits.shareAcquireRecords.max).optional(),
    max_bytes: z.int().min(1).max(limits.readBytes.max).optional(),
    wait_ms: z
      .int()
      .min(0)
      .max(limits.readWaitMs.max)
      .optional()
      .describe('With nothing to acquire, wait this long for it.'),
    as: z.enum(['auto', 'json', 'text', 'base64']).optional(),
  })
  .meta({ id: 'ShareAcquire' });

/** A record of a share group: it is this caller's until its lock runs out. */
export const shareRecordSchema = recordSchema
  .extend({
    topic: z.string(),
    lock_id: z.string().describe('To be sent with the acknowledgement.'),
    delivery_count: z.int().describe('How often it was delivered, this time included.'),
  })
  .meta({ id: 'ShareRecord' });

export const shareAcquiredSchema = z
  .object({
    member_id: z.string(),
    lock_duration_ms: z.int().describe('For so long these records are locked; renew them if they take longer.'),
    session_timeout_ms: z.int(),
    records: z.array(shareRecordSchema),
  })
  .meta({ id: 'ShareAcquired' });

export const shareAcknowledgeSchema = z
  .strictObject({
    acknowledgements: z
      .array(
        z.strictObject({
          topic: z.string(),
          partition: offset,
          from: offset,
          to: offset.optional().describe('The last offset of the range, included; `from` alone if absent.'),
          lock_id: z.string(),
          type: z.enum(['accept', 'release', 'reject', 'renew']),
          delay_ms: z
            .int()
            .min(0)
            .max(limits.shareRedeliveryDelayMs.max)
            .optional()
            .describe("Of a release: how long until the next delivery, instead of the group's own delay."),
        }),
      )
      .min(1)
      .max(limits.shareAcknowledgements.value),
  })
  .meta({ id: 'ShareAcknowledge' });

export const shareAcknowledgedSchema = z
  .object({
    results: z
      .array(z.union([z.object({ ok: z.literal(true) }), z.object({ code: z.string(), message: z.string() })]))
      .describe('One an acknowledgement, in their order.'),
  })
  .meta({ id: 'ShareAcknowledged' });

export const shareLeaveSchema = z.strictObject({ member_id: z.string() }).meta({ id: 'ShareLeave' });

export const shareResetSchema = z
  .strictObject({
    topics: z.array(z.string()).min(1).optional().describe('All topics of the group if absent.'),
    to: start,
  })
  .meta({ id: 'ShareReset' });

export const shareResetAnswerSchema = z
  .object({ partitions: z.array(z.object({ topic: z.string(), partition: z.int(), start_offset: z.int() })) })
  .meta({ id: 'ShareResetAnswer' });

export type ShareGroupAlterJson = z.infer<typeof shareGroupAlterSchema>;
export type ShareGroupJson = z.infer<typeof shareGroupSchema>;
export type ShareGroupListJson = z.infer<typeof shareGroupListSchema>;
export type ShareGroupDescriptionJson = z.infer<typeof shareGroupDescriptionSchema>;
export type ShareAcquireJson = z.infer<typeof shareAcquireSchema>;
export type ShareAcquiredJson = z.infer<typeof shareAcquiredSchema>;
export type ShareAcknowledgeJson = z.infer<typeof shareAcknowledgeSchema>;
export type ShareAcknowledgedJson = z.infer<typeof shareAcknowledgedSchema>;
export type ShareResetAnswerJson = z.infer<typeof shareResetAnswerSchema>;

import { z } from 'zod';
import { limits } from '../limits.ts';
import { recordSchema } from './records.ts';

const partitionIndex = z.string().regex(/^(0|[1-9]\d{0,3})$/);
const offset = z.int().min(0);

/** Offsets by topic and partition: the next record to read of each. */
export const offsetTableSchema = z
  .record(z.string(), z.record(partitionIndex, offset))
  .meta({ id: 'OffsetTable', description: 'By topic and partition, the offset of the next record to read.' });

/** What is committed of a partition: its offset, or the offset with a note. */
export const offsetCommitSchema = z
  .union([
    offset,
    z.strictObject({
      offset,
      metadata: z.string().optional().describe('A note that is kept beside the offset.'),
      leader_epoch: z.int().min(-1).optional(),
    }),
  ])
  .meta({ id: 'OffsetCommit' });

export const commitTableSchema = z
  .record(z.string(), z.record(partitionIndex, offsetCommitSchema))
  .meta({ id: 'CommitTable', description: 'By topic and partition, what to commit.' });

const partitionTableSchema = z
  .record(z.string(), z.array(z.int().min(0)))
  .meta({ id: 'PartitionTable', description: 'By topic, partitions in ascending order.' });

const memberEpoch = z.int().min(0).describe('As the last answer said it; 0 or absent joins.');

const memberId = z
  .string()
  .describe('Chosen by the caller, so that even the first call may be repeated, or given out by the first answer.');

const instanceId = z
  .string()
  .describe('Makes the member a static one: it finds its partitions again when it comes back within its session.');

const memberShape = {
  member_id: memberId.optional(),
  member_epoch: memberEpoch.optional(),
  instance_id: instanceId.optional(),
};

const waitMs = z
  .int()
  .min(0)
  .max(limits.readWaitMs.max)
  .optional()
  .describe('With nothing to tell, wait this long for it.');

export const groupConsumeSchema = z
  .strictObject({
    ...memberShape,
    topics: z.array(z.string()).optional().describe('The topics to read; needed to join, best given every time.'),
    topics_pattern: z.string().optional().describe('A regular expression that names of topics match whole.'),
    assignor: z.string().optional().describe('sticky (the default), uniform or range.'),
    session_timeout_ms: z.int().optional().describe('Silent for longer, the member loses its partitions.'),
    rebalance_timeout_ms: z.int().optional().describe('For so long it may take to give partitions back.'),
    commit: commitTableSchema
      .optional()
      .describe('The `positions` of the last answer, once its records are dealt with.'),
    positions: offsetTableSchema.optional().describe('Where to read on without committing.'),
    from: z
      .enum(['earliest', 'latest'])
      .optional()
      .describe('Where partitions begin that the group has no offset of; earliest if absent.'),
    max_bytes: z.int().min(1).max(limits.readBytes.max).optional(),
    max_records: z.int().min(1).max(limits.readRecords.max).optional(),
    wait_ms: waitMs,
    as: z.enum(['auto', 'json', 'text', 'base64']).optional(),
    isolation: z
      .enum(['read_uncommitted', 'read_committed'])
      .optional()
      .describe('With read_committed, records of open transactions are waited for, those of aborted ones left out.'),
  })
  .meta({ id: 'GroupConsume' });

export const groupHeartbeatSchema = z
  .strictObject({
    member_id: memberId,
    member_epoch: z.int().min(1),
    instance_id: instanceId.optional(),
    commit: commitTableSchema.optional(),
    wait_ms: waitMs,
  })
  .meta({ id: 'GroupHeartbeat' });

export const groupLeaveSchema = z
  .strictObject({
    member_id: memberId,
    member_epoch: z.int().min(1),
    instance_id: instanceId.optional(),
    commit: commitTableSchema.optional(),
    away: z
      .boolean()
      .optional()
      .describe('For a static member that means to come back: its partitions wait until its session ends.'),
  })
  .meta({ id: 'GroupLeave' });

export const groupCommitSchema = z
  .strictObject({ ...memberShape, offsets: commitTableSchema })
  .meta({ id: 'GroupCommit' });

const refusedCommitsSchema = z
  .array(z.object({ topic: z.string(), partition: z.int(), offset: z.int(), code: z.string(), message: z.string() }))
  .describe('Offsets that were not committed, and why.');

export const groupCommittedSchema = z.object({ refused: refusedCommitsSchema }).meta({ id: 'GroupCommitted' });

const membershipShape = {
  member_id: z.string(),
  member_epoch: z.int().describe('To be sent with the next call: it says that this answer has arrived.'),
  assignment: partitionTableSchema.describe('What this member, and no other, reads.'),
  revoked: partitionTableSchema.optional().describe('Taken back: commit what is dealt with, discard the rest.'),
  refused: refusedCommitsSchema.optional(),
  rejoined: z
    .object({ code: z.string(), message: z.string() })
    .optional()
    .describe('Why the member had to join again; nothing was committed, and what it held is read again by someone.'),
  session_timeout_ms: z.int(),
  heartbeat_interval_ms: z.int().describe('Call at least this often.'),
};

export const groupMembershipSchema = z.object(membershipShape).meta({ id: 'GroupMembership' });

/** A record of an answer that may hold several topics. */
export const groupRecordSchema = recordSchema.extend({ topic: z.string() }).meta({ id: 'GroupRecord' });

export const groupConsumedSchema = z
  .object({
    ...membershipShape,
    records: z.array(groupRecordSchema),
    positions: offsetTableSchema.describe('After these records: the `commit` of the next call.'),
    gaps: z
      .array(
        z.object({
          topic: z.string(),
          partition: z.int(),
          from: z.int(),
          to: z.int(),
          reason: z.literal('retention'),
        }),
      )
      .optional()
      .describe('Offsets that were deleted before the group came to them.'),
  })
  .meta({ id: 'GroupConsumed' });

const groupState = z.enum(['empty', 'reconciling', 'stable']);

export const groupListSchema = z
  .object({
    groups: z.array(z.object({ group: z.string(), state: groupState, members: z.int() })),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'GroupList' });

export const groupDescriptionSchema = z
  .object({
    group: z.string(),
    state: groupState.describe('`reconciling` while partitions are on their way between members.'),
    group_epoch: z.int(),
    assignor: z.string(),
    members: z.array(
      z.object({
        member_id: z.string(),
        instance_id: z.string().nullable(),
        client_id: z.string(),
        member_epoch: z.int(),
        topics: z.array(z.string()),
        topics_pattern: z.string().nullable(),
        assignment: partitionTableSchema,
        target: partitionTableSchema.describe('What it is to have in the end.'),
      }),
    ),
    partitions: z.array(
      z.object({
        topic: z.string(),
        partition: z.int(),
        member_id: z.string().nullable(),
        committed_offset: z.int().nullable(),
        metadata: z.string(),
        committed_at: z.int().nullable(),
        log_start_offset: z.int(),
        high_watermark: z.int(),
        lag: z.int().nullable().describe('Records after the committed offset; null without one.'),
        lag_ms: z.int().nullable().describe('For how long the next record has waited, by its timestamp.'),
      }),
    ),
    lag: z.int().describe('The sum over all partitions whose lag is known.'),
    lag_ms: z.int().describe('The longest wait of all partitions whose lag is known.'),
  })
  .meta({ id: 'GroupDescription' });

export const offsetResetSchema = z
  .strictObject({
    topics: z
      .union([z.array(z.string()).min(1), partitionTableSchema])
      .optional()
      .describe('Which topics, or which partitions of them; everything the group knows if absent.'),
    to: z
      .union([
        z.enum(['earliest', 'latest']),
        z.strictObject({ timestamp: z.int().min(0) }),
        z.strictObject({ offset }),
        z.strictObject({ shift: z.int() }),
        z.strictObject({ group: z.string() }),
      ])
      .describe('Where to: a moment, an offset, so many records on or back, or where another group is.'),
    dry_run: z.boolean().optional().describe('Only say what would be done.'),
  })
  .meta({ id: 'OffsetReset' });

const resetId = z.int().min(1);

const planShape = {
  topic: z.string(),
  partition: z.int(),
  current: z.int().nullable(),
  offset: z.int(),
  log_start_offset: z.int(),
  high_watermark: z.int(),
  clamped: z.boolean().describe('The target lay outside the log, and its nearer end was taken.'),
};

export const offsetPlanSchema = z
  .object({
    dry_run: z.boolean(),
    reset_id: z
      .int()
      .nullable()
      .describe('By which it can be put back; null when nothing was changed, as of a `dry_run`.'),
    partitions: z.array(z.object(planShape)),
  })
  .meta({ id: 'OffsetPlan' });

export const groupResetListSchema = z
  .object({
    resets: z.array(
      z.object({
        reset_id: z.int(),
        reset_at: z.int().describe('Milliseconds since 1970.'),
        undoes: z.int().nullable().describe('The reset that this one put back.'),
        topics: z.array(z.string()),
        partitions: z.int().describe('Whose offsets it changed.'),
      }),
    ),
  })
  .meta({ id: 'GroupResetList' });

export const resetUndoSchema = z
  .strictObject({
    reset_id: resetId.optional().describe('Which reset; the newest if absent.'),
    dry_run: z.boolean().optional().describe('Only say what would be done.'),
  })
  .meta({ id: 'ResetUndo' });

export const undoPlanSchema = z
  .object({
    dry_run: z.boolean(),
    undoes: z.int().describe('The reset that is put back.'),
    reset_id: z.int().nullable().describe('By which that can be put back in turn; null when nothing was changed.'),
    partitions: z.array(
      z.object({
        ...planShape,
        offset: z
          .int()
          .nullable()
          .describe('Where it was before; null when nothing was committed, as it is then again.'),
      }),
    ),
  })
  .meta({ id: 'UndoPlan' });

export const offsetsDeletedSchema = z.object({ deleted: z.int() }).meta({ id: 'OffsetsDeleted' });

export type GroupConsumeJson = z.infer<typeof groupConsumeSchema>;
export type GroupMembershipJson = z.infer<typeof groupMembershipSchema>;
export type GroupDescriptionJson = z.infer<typeof groupDescriptionSchema>;
export type GroupListJson = z.infer<typeof groupListSchema>;
export type OffsetResetJson = z.infer<typeof offsetResetSchema>;
export type OffsetPlanJson = z.infer<typeof offsetPlanSchema>;
export type GroupResetListJson = z.infer<typeof groupResetListSchema>;
export type UndoPlanJson = z.infer<typeof undoPlanSchema>;
export type CommitTableJson = z.infer<typeof commitTableSchema>;
export type OffsetTableJson = z.infer<typeof offsetTableSchema>;

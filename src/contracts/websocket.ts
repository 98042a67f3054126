import { z } from 'zod';
import { limits } from '../limits.ts';
import { commitTableSchema } from './groups.ts';
import { produceResultSchema } from './records.ts';
import { shareAcknowledgedSchema, shareAcknowledgeSchema, shareRecordSchema } from './share-groups.ts';

/** The subprotocols of docs/websocket.md. */
export const jsonSubprotocol = 'millrace.v1';
export const binarySubprotocol = 'millrace.v1.binary';

/** The one text that is answered without waking a hibernated object, and its answer. */
export const pingText = '{"type":"ping"}';
export const pongText = '{"type":"pong"}';

/** What a subscription may send before it waits for `credit`, in bytes, unless it says otherwise. */
export const defaultCreditBytes = limits.subscriptionCreditBytes.value;

/** Records that a share group may send a socket before it waits for `credit`, unless its subscription says otherwise. */
export const defaultShareCreditRecords = 100;

const frameId = z.string().min(1).max(64);

/** Where a subscription starts: a position is any other text; an object of offsets has partition indexes as keys. */
export const subscribeFromSchema = z.union([
  z.string().min(1),
  z.strictObject({ timestamp: z.int().min(0) }),
  z.record(z.string().regex(/^(0|[1-9]\d{0,3})$/), z.int().min(0)),
]);

export const subscribeFrameSchema = z.object({
  type: z.literal('subscribe'),
  id: frameId,
  topic: z.string().optional(),
  partitions: z.array(z.int().min(0)).min(1).optional(),
  from: subscribeFromSchema.optional(),
  credit: z.int().min(0).max(limits.subscriptionCreditBytes.max).optional(),
  as: z.enum(['auto', 'json', 'text', 'base64']).optional(),
  /** `read_committed` leaves out what is not committed (docs/transactions.md). */
  isolation: z.enum(['read_uncommitted', 'read_committed']).optional(),
  /** Makes it the membership of a consumer group; the fields below are a member's, and `from` is then a word. */
  group: z.string().optional(),
  topics: z.array(z.string()).optional(),
  topics_pattern: z.string().optional(),
  member_id: z.string().optional(),
  instance_id: z.string().optional(),
  assignor: z.string().optional(),
  session_timeout_ms: z.int().optional(),
  rebalance_timeout_ms: z.int().optional(),
  /** Makes it the membership of a share group; `credit` is then a number of records. */
  share_group: z.string().optional(),
});

/** What a member has dealt with; `ref` comes back with the answer. */
export const commitFrameSchema = z.object({
  type: z.literal('commit'),
  id: frameId,
  offsets: commitTableSchema,
  ref: z.string().max(64).optional(),
});

/** A member has stopped with the partitions that a `revoke` of this epoch took away. */
export const revokedFrameSchema = z.object({
  type: z.literal('revoked'),
  id: frameId,
  member_epoch: z.int().min(1),
});

/** What was acquired in a share group, dealt with or not; `ref` comes back with the answer. */
export const acknowledgeFrameSchema = z.object({
  type: z.literal('acknowledge'),
  id: frameId,
  acknowledgements: shareAcknowledgeSchema.shape.acknowledgements,
  ref: z.string().max(64).optional(),
});

/** `records` in a share group, where they are counted; `bytes` everywhere else. */
export const creditFrameSchema = z.object({
  type: z.literal('credit'),
  id: frameId,
  bytes: z.int().min(1).max(limits.subscriptionCreditBytes.max).optional(),
  records: z.int().min(1).max(limits.shareAcquireRecords.max).optional(),
});

export const unsubscribeFrameSchema = z.object({ type: z.literal('unsubscribe'), id: frameId });

/** `records` is as in `POST /v1/topics/{topic}/records`; it is read from the frame's text, since values keep their bytes. */
export const produceFrameSchema = z.object({ type: z.literal('produce'), id: frameId, topic: z.string().optional() });

export const pingFrameSchema = z.object({ type: z.literal('ping') });

/** Goes on with another credential: a token that replaces one that is about to expire. */
export const authFrameSchema = z.object({ type: z.literal('auth'), token: z.string().min(1).max(8192) });

export const clientFrameSchema = z.discriminatedUnion('type', [
  subscribeFrameSchema,
  creditFrameSchema,
  unsubscribeFrameSchema,
  produceFrameSchema,
  pingFrameSchema,
  commitFrameSchema,
  revokedFrameSchema,
  acknowledgeFrameSchema,
  authFrameSchema,
]);

export type SubscribeFrom = z.infer<typeof subscribeFromSchema>;
export type SubscribeFrame = z.infer<typeof subscribeFrameSchema>;
export type CreditFrame = z.infer<typeof creditFrameSchema>;
export type UnsubscribeFrame = z.infer<typeof unsubscribeFrameSchema>;
export type ProduceFrame = z.infer<typeof produceFrameSchema>;
export type CommitFrame = z.infer<typeof commitFrameSchema>;
export type RevokedFrame = z.infer<typeof revokedFrameSchema>;
export type AcknowledgeFrame = z.infer<typeof acknowledgeFrameSchema>;
export type AuthFrame = z.infer<typeof authFrameSchema>;
export type ClientFrame = z.infer<typeof clientFrameSchema>;

const frameOffset = z.int().min(0);

export const subscribedFrameSchema = z.object({
  type: z.literal('subscribed'),
  id: frameId,
  topic: z.string(),
  /** By partition index. `from` is where frames begin; a `gap` may be the first of them. */
  partitions: z.record(
    z.string(),
    z.object({ from: frameOffset, high_watermark: frameOffset, log_start_offset: frameOffset }),
  ),
  position: z.string(),
});

/** Covers the offsets `from` (inclusive) to `to` (exclusive); `records` are as in the HTTP read. */
export const recordsFrameSchema = z.object({
  type: z.literal('records'),
  id: frameId,
  partition: z.int(),
  from: frameOffset,
  to: frameOffset,
  high_watermark: frameOffset,
  records: z.array(z.looseObject({ partition: z.int(), offset: frameOffset })),
  position: z.string(),
  /** In a group, whose subscription covers several. */
  topic: z.string().optional(),
});

export const gapFrameSchema = z.object({
  type: z.literal('gap'),
  id: frameId,
  partition: z.int(),
  from: frameOffset,
  to: frameOffset,
  reason: z.literal('retention'),
  topic: z.string().optional(),
});

/** Partitions a member has from now on, besides those it has; its records begin at `from`. */
export const assignFrameSchema = z.object({
  type: z.literal('assign'),
  id: frameId,
  member_id: z.string(),
  member_epoch: z.int(),
  partitions: z.record(
    z.string(),
    z.record(z.string(), z.object({ from: frameOffset, high_watermark: frameOffset, log_start_offset: frameOffset })),
  ),
});

/** Partitions a member has no more: nothing of them follows, and others wait for `revoked`. */
export const revokeFrameSchema = z.object({
  type: z.literal('revoke'),
  id: frameId,
  member_epoch: z.int(),
  partitions: z.record(z.string(), z.array(z.int())),
});

export const committedFrameSchema = z.object({
  type: z.literal('committed'),
  id: frameId,
  ref: z.string().optional(),
  refused: z.array(
    z.object({ topic: z.string(), partition: z.int(), offset: z.int(), code: z.string(), message: z.string() }),
  ),
});

/** Answers the `subscribe` of a share group: what is locked for this member comes in `acquired` frames from now on. */
export const joinedFrameSchema = z.object({
  type: z.literal('joined'),
  id: frameId,
  share_group: z.string(),
  member_id: z.string(),
  lock_duration_ms: z.int(),
});

/** Records that are this member's until their lock runs out, `lock_duration_ms` from now. */
export const acquiredFrameSchema = z.object({
  type: z.literal('acquired'),
  id: frameId,
  lock_duration_ms: z.int(),
  records: z.array(shareRecordSchema).min(1),
});

export const acknowledgedFrameSchema = z.object({
  type: z.literal('acknowledged'),
  id: frameId,
  ref: z.string().optional(),
  results: shareAcknowledgedSchema.shape.results,
});

export const ackFrameSchema = z.object({ type: z.literal('ack'), id: frameId, results: z.array(produceResultSchema) });

export const unsubscribedFrameSchema = z.object({ type: z.literal('unsubscribed'), id: frameId });

export const errorFrameSchema = z.object({
  type: z.literal('error'),
  /** The frame it answers, or null when it concerns the socket. */
  id: z.string().nullable(),
  code: z.string(),
  message: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  /** True when the subscription ended with it, or the socket if `id` is null. */
  fatal: z.boolean(),
});

/** Nothing comes for the subscription for about so long, because a quota is used up; it goes on by itself. */
export const throttleFrameSchema = z.object({
  type: z.literal('throttle'),
  id: frameId,
  throttle_ms: z.int().min(1),
  code: z.string(),
  message: z.string(),
});

export const pongFrameSchema = z.object({ type: z.literal('pong') });

/** Answers `auth`; `expires_at` is when the new credential ends, in ms since 1970, or null. */
export const authenticatedFrameSchema = z.object({
  type: z.literal('authenticated'),
  expires_at: z.number().nullable(),
});

export const serverFrameSchema = z.discriminatedUnion('type', [
  subscribedFrameSchema,
  recordsFrameSchema,
  gapFrameSchema,
  ackFrameSchema,
  unsubscribedFrameSchema,
  errorFrameSchema,
  pongFrameSchema,
  assignFrameSchema,
  revokeFrameSchema,
  committedFrameSchema,
  joinedFrameSchema,
  acquiredFrameSchema,
  acknowledgedFrameSchema,
  authenticatedFrameSchema,
  throttleFrameSchema,
]);

export type SubscribedFrame = z.infer<typeof subscribedFrameSchema>;
export type RecordsFrame = z.infer<typeof recordsFrameSchema>;
export type GapFrame = z.infer<typeof gapFrameSchema>;
export type AckFrame = z.infer<typeof ackFrameSchema>;
export type ThrottleFrame = z.infer<typeof throttleFrameSchema>;
export type ErrorFrame = z.infer<typeof errorFrameSchema>;
export type AssignFrame = z.infer<typeof assignFrameSchema>;
export type RevokeFrame = z.infer<typeof revokeFrameSchema>;
export type CommittedFrame = z.infer<typeof committedFrameSchema>;
export type JoinedFrame = z.infer<typeof joinedFrameSchema>;
export type AcknowledgedFrame = z.infer<typeof acknowledgedFrameSchema>;
export type AuthenticatedFrame = z.infer<typeof authenticatedFrameSchema>;
export type ServerFrame = z.infer<typeof serverFrameSchema>;

/** Close codes of our own; the others are RFC 6455's. */
export const closeCodes = {
  normal: 1000,
  wrongFrameKind: 1003,
  frameTooLarge: 1009,
  internalError: 1011,
  restarting: 1012,
  unreadableFrame: 4400,
  unauthenticated: 4401,
  topicDeleted: 4404,
  tooMany: 4429,
} as const;

import { checkEach, describable } from '../../authorization/access-check.ts';
import {
  type ShareGroupAlterJson,
  type ShareGroupDescriptionJson,
  type ShareGroupJson,
  type ShareGroupListJson,
  type ShareResetAnswerJson,
  shareGroupAlterSchema,
  shareGroupCreateSchema,
  shareResetSchema,
} from '../../contracts/share-groups.ts';
import { ok, type Result } from '../../errors/result.ts';
import { partitionTable } from '../../gateway/group-json.ts';
import type { SharePartitionStanding } from '../../gateway/share/share-edge.ts';
import type { ShareStart } from '../../groups/share/share-config.ts';
import type { ShareConfigChange, ShareGroup, ShareGroupDescription } from '../../groups/share/share-group-rpc.ts';
import type { ShareGroupRef } from '../../groups/share/share-ref.ts';
import { emptyAnswer, jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';
import { listedGroups } from './group-listing.ts';

const listShareGroups: Handler = async (c) => {
  const listed = await listedGroups(c, 'share');
  if (!listed.ok) return problemAnswer(listed.error);
  return jsonAnswer({
    groups: listed.value.groups.map(({ groupId, state, memberCount }) => ({
      group: groupId,
      state: state === 'stable' ? 'stable' : 'empty',
      members: memberCount,
    })),
    next_cursor: listed.value.nextCursor,
  } satisfies ShareGroupListJson);
};

const createShareGroup: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, shareGroupCreateSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { group: groupId, ...config } = body.value;
  const change = changeOf(config);
  const founding = checkEach(c.env.principal, 'ALTER_CONFIGS', 'GROUP', [groupId]);
  if (!founding.ok) return problemAnswer(founding.error);
  const checked = await checkDeadLetters(c, change);
  if (!checked.ok) return problemAnswer(checked.error);
  const recorded = await c.env.recordAttempt('share_groups.create', groupId);
  if (!recorded.ok) return problemAnswer(recorded.error);
  const created = await c.env.shares.groups.create({ ...c.env.cluster, groupId }, change);
  if (!created.ok) return problemAnswer(created.error);
  return jsonAnswer(groupJson(created.value.group), created.value.isNew ? 201 : 200);
};

const describeShareGroup: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const described = await c.env.shares.groups.describe(shareGroupRefOf(c));
  if (!described.ok) return problemAnswer(described.error);
  const standings = await c.env.shares.standings(described.value);
  if (!standings.ok) return problemAnswer(standings.error);
  const isShown = (topic: string) => describable(c.env.principal, 'TOPIC', [topic], (name) => name).length > 0;
  return jsonAnswer(descriptionJson(described.value, standings.value, isShown));
};

const alterShareGroup: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, shareGroupAlterSchema);
  if (!body.ok) return problemAnswer(body.error);
  const change = changeOf(body.value);
  const checked = await checkDeadLetters(c, change);
  if (!checked.ok) return problemAnswer(checked.error);
  const recorded = await c.env.recordAttempt('share_groups.alter', shareGroupRefOf(c).groupId);
  if (!recorded.ok) return problemAnswer(recorded.error);
  const altered = await c.env.shares.groups.alter(shareGroupRefOf(c), change);
  return altered.ok ? jsonAnswer(groupJson(altered.value)) : problemAnswer(altered.error);
};

const resetShareGroup: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, shareResetSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { topics, to } = body.value;
  const allowed = await checkReset(c, topics ?? null);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const recorded = await c.env.recordAttempt('share_groups.reset', shareGroupRefOf(c).groupId);
  if (!recorded.ok) return problemAnswer(recorded.error);
  const reset = await c.env.shares.reset(shareGroupRefOf(c), topics ?? null, startOf(to));
  if (!reset.ok) return problemAnswer(reset.error);
  const partitions = reset.value.map(({ topic, partition, startOffset }) => ({
    topic,
    partition,
    start_offset: startOffset,
  }));
  return jsonAnswer({ partitions } satisfies ShareResetAnswerJson);
};

const deleteShareGroup: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const recorded = await c.env.recordAttempt('share_groups.delete', shareGroupRefOf(c).groupId);
  if (!recorded.ok) return problemAnswer(recorded.error);
  const deleted = await c.env.shares.groups.delete(shareGroupRefOf(c));
  return deleted.ok ? emptyAnswer() : problemAnswer(deleted.error);
};

export const shareGroupHandlers = {
  listShareGroups,
  createShareGroup,
  describeShareGroup,
  alterShareGroup,
  resetShareGroup,
  deleteShareGroup,
} as const satisfies Record<string, Handler>;

/** The share group of a path, in the cluster of the request. */
export function shareGroupRefOf(c: ApiContext): ShareGroupRef {
  const { orgId, clusterId } = c.env.cluster;
  return { orgId, clusterId, groupId: c.req.param('group') ?? '' };
}

/** Dead letters are records that the group writes for whoever configures it. */
async function checkDeadLetters(c: ApiContext, change: ShareConfigChange): Promise<Result<null>> {
  const topic = change.deadLetterTopic ?? null;
  const allowed = topic === null ? ok(null) : checkEach(c.env.principal, 'WRITE', 'TOPIC', [topic]);
  return allowed.ok ? c.env.shares.checkDeadLetterTopic(change) : allowed;
}

/** Without named topics all of the group are meant, so that they are looked up first. */
async function checkReset(c: ApiContext, topics: readonly string[] | null): Promise<Result<null>> {
  if (topics !== null) return checkEach(c.env.principal, 'READ', 'TOPIC', topics);
  if (c.env.principal.isSuper) return ok(null);
  const described = await c.env.shares.groups.describe(shareGroupRefOf(c));
  if (!described.ok) return described;
  const known = described.value.topics.map(({ topic }) => topic);
  return checkEach(c.env.principal, 'READ', 'TOPIC', known);
}

function changeOf(config: ShareGroupAlterJson): ShareConfigChange {
  const { lock_duration_ms, delivery_limit, redelivery_delay_ms, dead_letter_topic, start } = config;
  return {
    ...(lock_duration_ms === undefined ? {} : { lockDurationMs: lock_duration_ms }),
    ...(delivery_limit === undefined ? {} : { deliveryLimit: delivery_limit }),
    ...(redelivery_delay_ms === undefined ? {} : { redeliveryDelayMs: redelivery_delay_ms }),
    ...(dead_letter_topic === undefined ? {} : { deadLetterTopic: dead_letter_topic }),
    ...(start === undefined ? {} : { start: startOf(start) }),
  };
}

const startOf = (start: NonNullable<ShareGroupAlterJson['start']>): ShareStart =>
  typeof start === 'string' ? start : { timestampMs: start.timestamp };

function groupJson({ groupId, config, createdAtMs }: ShareGroup): ShareGroupJson {
  const { start } = config;
  return {
    group: groupId,
    created_at: createdAtMs,
    config: {
      lock_duration_ms: config.lockDurationMs,
      delivery_limit: config.deliveryLimit,
      redelivery_delay_ms: config.redeliveryDelayMs,
      dead_letter_topic: config.deadLetterTopic,
      start: typeof start === 'string' ? start : { timestamp: start.timestampMs },
    },
  };
}

function descriptionJson(
  { group, state, members }: ShareGroupDescription,
  standings: readonly SharePartitionStanding[],
  isTopicShown: (topic: string) => boolean,
): ShareGroupDescriptionJson {
  return {
    ...groupJson(group),
    state,
    members: members.map(({ memberId, clientId, topics, preferred }) => ({
      member_id: memberId,
      client_id: clientId,
      topics: topics.filter(isTopicShown),
      preferred: partitionTable(preferred.filter(({ topic }) => isTopicShown(topic))),
    })),
    partitions: standings
      .filter(({ topic }) => isTopicShown(topic))
      .map(({ topic, partition, standing }) => ({
        topic,
        partition,
        start_offset: standing?.startOffset ?? null,
        log_start_offset: standing?.logStartOffset ?? null,
        high_watermark: standing?.highWatermark ?? null,
        available: standing?.available ?? 0,
        acquired: standing?.acquired ?? 0,
        dead_letters: standing?.deadLetters ?? 0,
        dead_letter_failure: standing?.deadLetterFailure ?? null,
        accepted: standing?.accepted ?? 0,
        archived: standing?.archived ?? 0,
        dead_lettered: standing?.deadLettered ?? 0,
      })),
  };
}

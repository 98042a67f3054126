import { checkEach, describable } from '../../authorization/access-check.ts';
import type { Principal } from '../../authorization/principal.ts';
import {
  type GroupDescriptionJson,
  type GroupListJson,
  type OffsetPlanJson,
  type OffsetResetJson,
  offsetResetSchema,
} from '../../contracts/groups.ts';
import type { Result } from '../../errors/result.ts';
import { partitionTable } from '../../gateway/group-json.ts';
import type { PartitionLag } from '../../gateway/group-lag.ts';
import type { ResetScope, ResetTarget } from '../../gateway/offset-reset.ts';
import type { TopicPartition } from '../../groups/committed-offset.ts';
import type { GroupDescription } from '../../groups/group-rpc.ts';
import { limits } from '../../limits.ts';
import { emptyAnswer, jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { integer, readQuery, text } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { Handler } from '../services.ts';
import { listedGroups } from './group-listing.ts';
import { groupRefOf } from './group-members.ts';

const deleteOffsetsQuery = {
  topic: text({ min: 1, max: limits.topicNameCharacters.value, absent: '' }),
  partition: integer({ min: 0, max: limits.partitionsPerTopic.value - 1, absent: undefined }),
};

const listGroups: Handler = async (c) => {
  const listed = await listedGroups(c, 'consumer');
  if (!listed.ok) return problemAnswer(listed.error);
  return jsonAnswer({
    groups: listed.value.groups.map(({ groupId, state, memberCount }) => ({
      group: groupId,
      state: state as GroupListJson['groups'][number]['state'],
      members: memberCount,
    })),
    next_cursor: listed.value.nextCursor,
  } satisfies GroupListJson);
};

const describeGroup: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const described = await c.env.groups.rpc.describe(groupRefOf(c));
  if (!described.ok) return problemAnswer(described.error);
  const lags = await c.env.groups.lag.lagOf(described.value);
  if (!lags.ok) return problemAnswer(lags.error);
  const isShown = (topic: string) => describable(c.env.principal, 'TOPIC', [topic], (name) => name).length > 0;
  return jsonAnswer(descriptionJson(described.value, lags.value, isShown));
};

const deleteGroup: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const recorded = await c.env.recordAttempt('groups.delete', groupRefOf(c).groupId);
  if (!recorded.ok) return problemAnswer(recorded.error);
  const deleted = await c.env.groups.rpc.deleteGroup(groupRefOf(c));
  return deleted.ok ? emptyAnswer(204) : problemAnswer(deleted.error);
};

const resetGroupOffsets: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, offsetResetSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { topics, to, dry_run: isDryRun = false } = body.value;
  const { reset } = c.env.groups;
  const { groupId } = groupRefOf(c);
  const scope = scopeOf(topics);
  const named = checkReset(c.env.principal, scope?.keys() ?? [], to);
  if (!named.ok) return problemAnswer(named.error);
  const plan = await reset.plan(groupId, scope, targetOf(to));
  if (!plan.ok) return problemAnswer(plan.error);
  const planned = plan.value.map(({ topic }) => topic);
  const allowed = checkEach(c.env.principal, 'READ', 'TOPIC', planned);
  if (!allowed.ok) return problemAnswer(allowed.error);
  if (!isDryRun) {
    const recorded = await c.env.recordAttempt('groups.reset', groupId);
    if (!recorded.ok) return problemAnswer(recorded.error);
    const applied = await reset.apply(groupId, plan.value);
    if (!applied.ok) return problemAnswer(applied.error);
  }
  return jsonAnswer({
    dry_run: isDryRun,
    partitions: plan.value.map((planned) => ({
      topic: planned.topic,
      partition: planned.partition,
      current: planned.current,
      offset: planned.offset,
      log_start_offset: planned.logStartOffset,
      high_watermark: planned.highWatermark,
      clamped: planned.isClamped,
    })),
  } satisfies OffsetPlanJson);
};

const deleteGroupOffsets: Handler = async (c) => {
  const query = readQuery(c.req.url, deleteOffsetsQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { topic, partition } = query.value;
  if (topic === '') {
    return problemAnswer({ code: 'INVALID_REQUEST', message: 'Query parameter "topic" is missing: whose offsets?' });
  }
  const allowed = checkEach(c.env.principal, 'READ', 'TOPIC', [topic]);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const recorded = await c.env.recordAttempt('groups.delete_offsets', groupRefOf(c).groupId);
  if (!recorded.ok) return problemAnswer(recorded.error);
  const deleted = await c.env.groups.rpc.deleteOffsets(groupRefOf(c), topic, partition ?? null);
  return deleted.ok ? jsonAnswer(deleted.value) : problemAnswer(deleted.error);
};

export const groupHandlers = {
  listGroups,
  describeGroup,
  deleteGroup,
  resetGroupOffsets,
  deleteGroupOffsets,
} as const satisfies Record<string, Handler>;

/** The topics that are named, and the group whose offsets are taken over. */
function checkReset(principal: Principal, topics: Iterable<string>, to: OffsetResetJson['to']): Result<null> {
  const allowed = checkEach(principal, 'READ', 'TOPIC', topics);
  if (!allowed.ok || typeof to === 'string' || !('group' in to)) return allowed;
  return checkEach(principal, 'DESCRIBE', 'GROUP', [to.group]);
}

function scopeOf(topics: OffsetResetJson['topics']): ResetScope | null {
  if (topics === undefined) return null;
  return new Map(Array.isArray(topics) ? topics.map((topic) => [topic, null]) : Object.entries(topics));
}

function targetOf(to: OffsetResetJson['to']): ResetTarget {
  if (typeof to === 'string') return { kind: to };
  if ('timestamp' in to) return { kind: 'timestamp', timestampMs: to.timestamp };
  if ('offset' in to) return { kind: 'offset', offset: to.offset };
  if ('shift' in to) return { kind: 'shift', by: to.shift };
  return { kind: 'group', groupId: to.group };
}

/** Topics are shown that `isTopicShown`. */
function descriptionJson(
  group: GroupDescription,
  allLags: readonly PartitionLag[],
  isTopicShown: (topic: string) => boolean,
): GroupDescriptionJson {
  const lags = allLags.filter(({ topic }) => isTopicShown(topic));
  const shown = (places: readonly TopicPartition[]) => places.filter(({ topic }) => isTopicShown(topic));
  return {
    group: group.groupId,
    state: group.state,
    group_epoch: group.groupEpoch,
    assignor: group.assignor,
    members: group.members.map((member) => ({
      member_id: member.memberId,
      instance_id: member.instanceId,
      client_id: member.clientId,
      member_epoch: member.memberEpoch,
      topics: member.subscription.topics.filter(isTopicShown),
      topics_pattern: member.subscription.pattern,
      assignment: partitionTable(shown(member.assigned)),
      target: partitionTable(shown(member.target)),
    })),
    partitions: lags.map((lag) => ({
      topic: lag.topic,
      partition: lag.partition,
      member_id: lag.memberId,
      committed_offset: lag.committedOffset,
      metadata: lag.metadata,
      committed_at: lag.committedAtMs,
      log_start_offset: lag.logStartOffset,
      high_watermark: lag.highWatermark,
      lag: lag.lag,
      lag_ms: lag.lagMs,
    })),
    lag: lags.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    lag_ms: lags.reduce((longest, { lagMs }) => Math.max(longest, lagMs ?? 0), 0),
  };
}

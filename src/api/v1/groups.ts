import { checkEach, describable } from '../../authorization/access-check.ts';
import type { GroupDescriptionJson, GroupListJson } from '../../contracts/groups.ts';
import { partitionTable } from '../../gateway/group-json.ts';
import type { PartitionLag } from '../../gateway/group-lag.ts';
import type { TopicPartition } from '../../groups/committed-offset.ts';
import type { GroupDescription } from '../../groups/group-rpc.ts';
import { limits } from '../../limits.ts';
import { emptyAnswer, jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { integer, readQuery, text } from '../query.ts';
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
  deleteGroupOffsets,
} as const satisfies Record<string, Handler>;

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

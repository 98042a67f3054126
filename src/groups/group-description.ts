import type { Failure } from '../errors/result.ts';
import type { GroupProtocol } from '../topics/catalog-rpc.ts';
import { compareText, type PartitionKey, partitionKey, splitPartitionKey } from './assignors/assignor.ts';
import { describeClassicMembers } from './classic/classic-description.ts';
import type { RefusedCommit, TopicPartition } from './committed-offset.ts';
import type { GroupMemory } from './group-memory.ts';
import type { AssignedPartition, GroupDescription, HeartbeatReply, MemberDescription } from './group-rpc.ts';
import { type GroupPhase, holdersOf, type Member, phaseOf } from './group-state.ts';
import { heartbeatIntervalMs } from './member-wish.ts';
import { assignorOf } from './retarget.ts';

/** What a member is told. */
export function replyTo(
  group: GroupMemory,
  member: Member,
  refused: readonly RefusedCommit[],
  rejoinedAfter: Failure | null,
): HeartbeatReply {
  return {
    memberId: member.memberId,
    memberEpoch: member.epoch,
    assigned: assignedOf(group, member),
    revoked: namedPartitions(group, member.revoking.keys()),
    refused,
    rejoinedAfter,
    sessionTimeoutMs: member.sessionTimeoutMs,
    heartbeatIntervalMs: heartbeatIntervalMs(member.sessionTimeoutMs),
  };
}

/** Of a group that has no members any more: who it had last, as far as that can be told. */
export function groupProtocolOf({ state, classic }: GroupMemory): GroupProtocol | null {
  if (classic.members.size > 0) return 'classic';
  if (state.members.size > 0) return 'consumer';
  if (classic.generationId > 0) return 'classic';
  return state.groupEpoch > 0 ? 'consumer' : null;
}

/** The phase of the group, whichever protocol its members speak. */
export function groupPhaseOf({ state, classic }: GroupMemory): GroupPhase {
  if (classic.members.size === 0) return phaseOf(state);
  return classic.phase === 'stable' ? 'stable' : 'reconciling';
}

/** Everything about a group that its object knows. */
export function describeGroup(group: GroupMemory): GroupDescription {
  const { state } = group;
  const isClassic = group.classic.members.size > 0;
  const classicMembers = describeClassicMembers(group.classic);
  const holders = holdersBy(group, classicMembers);
  return {
    groupId: group.ref.groupId,
    state: groupPhaseOf(group),
    protocol: groupProtocolOf(group),
    groupEpoch: isClassic ? group.classic.generationId : state.groupEpoch,
    assignor: (isClassic ? group.classic.protocolName : null) ?? assignorOf(state.members.values()),
    members: [...[...state.members.values()].map((member) => describeMember(group, member)), ...classicMembers],
    offsets: [...group.offsets.values()].flatMap((offset) => {
      const topic = group.topics.get(offset.topicId);
      if (topic === undefined) return [];
      const memberId = holders(topic.topic, offset) ?? null;
      return [{ ...offset, topic: topic.topic, memberId }];
    }),
    pending: namedPartitions(group, group.transactional.pendingKeys).map(({ topic, partition }) => ({
      topic,
      partition,
    })),
    topics: [...group.topics.values()]
      .map(({ topic, topicId, partitionCount }) => ({ topic, topicId, partitionCount }))
      .sort((one, other) => compareText(one.topic, other.topic)),
  };
}

/** Who has a partition; leaders of the classic protocol assign by name. */
function holdersBy({ state }: GroupMemory, classicMembers: readonly MemberDescription[]) {
  const byKey = holdersOf(state);
  const byName = new Map<string, string>();
  for (const { memberId, assigned } of classicMembers) {
    for (const { topic, partition } of assigned) byName.set(`${topic}/${partition}`, memberId);
  }
  return (topic: string, { topicId, partition }: { readonly topicId: string; readonly partition: number }) =>
    byKey.get(partitionKey(topicId, partition)) ?? byName.get(`${topic}/${partition}`);
}

function describeMember(group: GroupMemory, member: Member): MemberDescription {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    clientId: member.clientId,
    memberEpoch: member.epoch,
    subscription: member.subscription,
    assigned: namedPartitions(group, member.assigned.keys()),
    target: namedPartitions(group, member.target),
  };
}

function assignedOf(group: GroupMemory, member: Member): AssignedPartition[] {
  const { pendingKeys } = group.transactional;
  return namedPartitions(group, member.assigned.keys()).map((named) => {
    const topic = group.topics.get(named.topicId)!;
    const key = partitionKey(named.topicId, named.partition);
    return {
      ...named,
      offset: group.offsets.get(key)?.offset ?? null,
      isPending: pendingKeys.has(key),
      isAdded: named.partition >= topic.firstPartitionCount,
    };
  });
}

/** By topic and partition; a topic that was deleted has no name any more. */
function namedPartitions(
  group: GroupMemory,
  keys: Iterable<PartitionKey>,
): (TopicPartition & { readonly topicId: string })[] {
  return [...keys]
    .map(splitPartitionKey)
    .flatMap(({ topicId, partition }) => {
      const topic = group.topics.get(topicId);
      return topic === undefined ? [] : [{ topic: topic.topic, topicId, partition }];
    })
    .sort((one, other) => compareText(one.topic, other.topic) || one.partition - other.partition);
}

import type { Failure } from '../errors/result.ts';
import { compareText, type PartitionKey, partitionKey, splitPartitionKey } from './assignors/assignor.ts';
import type { RefusedCommit, TopicPartition } from './committed-offset.ts';
import type { GroupMemory } from './group-memory.ts';
import type { AssignedPartition, GroupDescription, HeartbeatReply, MemberDescription } from './group-rpc.ts';
import { holdersOf, type Member, phaseOf } from './group-state.ts';
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

/** Everything about a group that its object knows. */
export function describeGroup(group: GroupMemory): GroupDescription {
  const { state } = group;
  const holders = holdersOf(state);
  return {
    groupId: group.ref.groupId,
    state: phaseOf(state),
    groupEpoch: state.groupEpoch,
    assignor: assignorOf(state.members.values()),
    members: [...state.members.values()].map((member) => describeMember(group, member)),
    offsets: [...group.offsets.values()].flatMap((offset) => {
      const topic = group.topics.get(offset.topicId);
      if (topic === undefined) return [];
      const memberId = holders.get(partitionKey(offset.topicId, offset.partition)) ?? null;
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

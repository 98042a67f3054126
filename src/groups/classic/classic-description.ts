import { limits } from '../../limits.ts';
import type { MemberDescription } from '../group-rpc.ts';
import { subscriptionOf } from '../member-wish.ts';
import { metadataOf } from './classic-join.ts';
import type { ClassicDescription } from './classic-rpc.ts';
import type { ClassicState } from './classic-state.ts';
import { assignedPartitions, subscribedTopics } from './embedded-protocol.ts';

/** The group as its members know it: with the bytes that they exchange. */
export function describeClassic(state: ClassicState): ClassicDescription {
  const { phase, protocolType, protocolName, members } = state;
  return {
    phase,
    protocolType: protocolType ?? '',
    protocolName,
    members: [...members.values()].map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      metadata: metadataOf(member, protocolName),
      assignment: member.assignment,
    })),
  };
}

/**
 * The members as every other door shows them: what they read and have, as far as their bytes say so, and up to what a
 * group may have: they are the clients' own, and nobody else has checked them.
 */
export function describeClassicMembers({ members, generationId, protocolName }: ClassicState): MemberDescription[] {
  let [topicsLeft, partitionsLeft] = [limits.partitionsPerGroup.value, limits.partitionsPerGroup.value];
  return [...members.values()].map((member) => {
    const assigned = (assignedPartitions(member.assignment) ?? []).slice(0, partitionsLeft);
    const topics = (subscribedTopics(metadataOf(member, protocolName)) ?? []).slice(0, topicsLeft);
    partitionsLeft -= assigned.length;
    topicsLeft -= topics.length;
    return {
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      memberEpoch: generationId,
      subscription: subscriptionOf(topics, null),
      assigned,
      target: assigned,
    };
  });
}

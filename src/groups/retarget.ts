import {
  type AssignableMember,
  type AssignableTopic,
  compareText,
  type PartitionKey,
  sortedMembers,
  sortedTopics,
  splitPartitionKey,
} from './assignors/assignor.ts';
import { type AssignorName, assignorNames, assignors } from './assignors/assignors.ts';
import type { GroupState, GroupSubscription, Member } from './group-state.ts';
import { parseTopicPattern, type TopicPattern } from './topic-pattern.ts';

/**
 * Computes anew what every member shall have: the group's epoch grows, and targets change. What members hold stays as
 * it is; they are told when they next call.
 */
export function retarget(state: GroupState, topics: readonly AssignableTopic[] = state.topics): GroupState {
  const ordered = sortedTopics(topics);
  const assign = assignors[assignorOf(state.members.values())];
  const assignable = sortedMembers([...state.members.values()].map((member) => assignableOf(member, ordered)));
  const assignment = assign(assignable, ordered);
  const members = new Map<string, Member>();
  for (const [memberId, member] of state.members) {
    const target = assignment.get(memberId)!;
    members.set(memberId, isSameSet(target, member.target) ? member : { ...member, target });
  }
  return { ...state, groupEpoch: state.groupEpoch + 1, members, topics: ordered };
}

/** The assignor that most members wish for. */
export function assignorOf(members: Iterable<Member>): AssignorName {
  const votes = new Map<AssignorName, number>(assignorNames.map((name) => [name, 0]));
  for (const { assignor } of members) if (assignor !== null) votes.set(assignor, votes.get(assignor)! + 1);
  let chosen = assignorNames[0]!;
  for (const [name, count] of votes) if (count > votes.get(chosen)!) chosen = name;
  return chosen;
}

/** Whether a subscription covers a topic of this name. */
export function covers(subscription: GroupSubscription, topic: string): boolean {
  if (subscription.topics.includes(topic)) return true;
  return subscription.pattern !== null && patternOf(subscription.pattern).matches(topic);
}

/** A subscription's pattern, which was checked when it was taken; reading it again for each look would be slow. */
export function patternOf(source: string): TopicPattern {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  const parsed = parseTopicPattern(source);
  // A pattern that this version does not take although an earlier one did matches nothing.
  const pattern = parsed.ok ? parsed.value : { source, literalPrefix: source, matches: () => false };
  if (patterns.size >= maxKeptPatterns) patterns.clear();
  patterns.set(source, pattern);
  return pattern;
}

/** Members of a group mostly have the same pattern. */
const maxKeptPatterns = 100;
const patterns = new Map<string, TopicPattern>();

function assignableOf(member: Member, topics: readonly AssignableTopic[]): AssignableMember {
  const { memberId, instanceId, subscription, target } = member;
  const topicIds = new Set(topics.filter(({ topic }) => covers(subscription, topic)).map(({ topicId }) => topicId));
  return { memberId, sortKey: instanceId ?? memberId, topicIds, previous: new Set([...target].sort(compareKeys)) };
}

/** By topic, then by number: `x/2` before `x/10`. */
export function compareKeys(one: PartitionKey, other: PartitionKey): number {
  const [left, right] = [splitPartitionKey(one), splitPartitionKey(other)];
  return compareText(left.topicId, right.topicId) || left.partition - right.partition;
}

function isSameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && one.isSubsetOf(other);
}

/**
 * The coordinator's decisions about members: pure functions from a state and a command to the next state, or to the
 * error the caller is told. Server-side, incremental assignment in the manner of KIP-848, with one difference that
 * suits callers without a connection: a member's epoch changes with every assignment it is told. A call that carries
 * the newest epoch has heard what that answer took away, and gives it back at once or when it reports so
 * ({@link Held}); one that carries the epoch before it lost the answer, and is told the same again; any other is fenced.
 */
import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import { type AssignableTopic, type PartitionKey, splitPartitionKey } from './assignors/assignor.ts';
import type { AssignorName } from './assignors/assignors.ts';
import { quoteName } from './group-id.ts';
import { emptyGroup, type GroupState, type GroupSubscription, holdersOf, type Member } from './group-state.ts';
import { covers, retarget } from './retarget.ts';

/** What a member says about itself when it joins, and may change later. */
export type MemberWish = {
  readonly subscription: GroupSubscription;
  readonly assignor: AssignorName | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
};

export type JoinCommand = MemberWish & {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly relay: string | null;
};

/** Who a call says it comes from. */
export type MemberClaim = {
  readonly memberId: string;
  /** Null when the call does not say. */
  readonly instanceId: string | null;
  readonly memberEpoch: number;
};

/**
 * What a call says of the partitions that its sender holds. `as-told`: exactly what the answer with its epoch said, as
 * callers hold it that deal with an answer before they call again. Kafka's clients call while they still give back, and
 * say what they hold when that changed: `as-before` is no news, a list has everything they hold by now.
 */
export type Held = 'as-told' | 'as-before' | readonly PartitionKey[];

/** `wish` is null when nothing changed. */
export type HeartbeatCommand = MemberClaim & { readonly wish: MemberWish | null; readonly held: Held };

/**
 * Takes a member in, or begins a new tenure of one that is in already: whoever joins holds nothing, so what an earlier
 * bearer of the id held is granted anew, and that bearer is fenced. `known` are the topics that are known to exist.
 * GROUP_MAX_SIZE_REACHED, UNRELEASED_INSTANCE_ID, FENCED_INSTANCE_ID.
 */
export function joinGroup(
  state: GroupState,
  command: JoinCommand,
  known: readonly AssignableTopic[],
): Result<GroupState> {
  const { memberId, instanceId } = command;
  const before = state.members.get(memberId) ?? null;
  const static_ = instanceId === null ? null : memberOfInstance(state, instanceId);
  if (before !== null && before.instanceId !== instanceId) return instanceMismatch(before, instanceId);
  if (static_ !== null && static_.memberId !== memberId && !static_.isAway) return unreleasedInstance(instanceId!);
  const predecessor = before ?? static_;
  if (predecessor === null && state.members.size >= limits.membersPerGroup.value) return groupIsFull(state);
  const member: Member = {
    memberId,
    instanceId,
    clientId: command.clientId,
    relay: command.relay,
    subscription: command.subscription,
    assignor: command.assignor,
    sessionTimeoutMs: command.sessionTimeoutMs,
    rebalanceTimeoutMs: command.rebalanceTimeoutMs,
    epoch: 0,
    previousEpoch: null,
    assigned: new Map(),
    revoking: new Map(),
    target: predecessor?.target ?? new Set(),
    isAway: false,
  };
  const members = new Map(state.members);
  if (predecessor !== null) members.delete(predecessor.memberId);
  members.set(memberId, member);
  const joined: GroupState = { ...state, members };
  const isSamePlace = predecessor !== null && isSameWish(predecessor, command);
  return ok(reconcile(isSamePlace ? changeTopics(joined, known) : retarget(joined, wanted(joined, known)), memberId));
}

/** A sign of life. UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, FENCED_INSTANCE_ID. */
export function heartbeat(
  state: GroupState,
  command: HeartbeatCommand,
  known: readonly AssignableTopic[],
): Result<GroupState> {
  const found = findMember(state, command);
  if (!found.ok) return found;
  const member = found.value;
  // The answer of the newest epoch was lost: the same is said again, and nothing else changes under it.
  if (command.memberEpoch !== member.epoch) return ok(state);
  const { wish, memberId } = command;
  const revoking = stillHeld(member, command.held);
  let heard = revoking === member.revoking ? member : { ...member, revoking };
  if (wish !== null && !isSameTiming(member, wish)) heard = { ...heard, ...timingOf(wish) };
  let next = heard === member ? state : replace(state, heard);
  if (wish !== null && !isSameWish(member, wish)) {
    next = replace(next, { ...heard, subscription: wish.subscription, assignor: wish.assignor });
    next = retarget(next, wanted(next, known));
  }
  return ok(reconcile(next, memberId));
}

/** Of what a member was told to give back, what it still holds by its own account. */
function stillHeld({ revoking }: Member, held: Held): ReadonlyMap<PartitionKey, number> {
  if (held === 'as-before' || revoking.size === 0) return revoking;
  const holds = new Set(held === 'as-told' ? [] : held);
  const kept = [...revoking].filter(([key]) => holds.has(key));
  return kept.length === revoking.size ? revoking : new Map(kept);
}

/**
 * Takes a member out at its own wish. A static member that is only `away` keeps its place until its session ends.
 * UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, FENCED_INSTANCE_ID.
 */
export function leaveGroup(state: GroupState, command: MemberClaim & { readonly isAway: boolean }): Result<GroupState> {
  const found = findMember(state, command);
  if (!found.ok) return found;
  if (!command.isAway || found.value.instanceId === null) return ok(removeMembers(state, [command.memberId]));
  // A new epoch, so that no call that is still under way brings it back.
  const lastMemberEpoch = state.lastMemberEpoch + 1;
  const away: Member = {
    ...found.value,
    epoch: lastMemberEpoch,
    previousEpoch: null,
    revoking: new Map(),
    isAway: true,
  };
  return ok({ ...replace(state, away), lastMemberEpoch });
}

/** Takes out members whose session or rebalance time ended, or that an operator removed; unknown ones are passed over. */
export function removeMembers(state: GroupState, memberIds: readonly string[]): GroupState {
  const members = new Map(state.members);
  for (const memberId of memberIds) members.delete(memberId);
  if (members.size === state.members.size) return state;
  if (members.size === 0)
    return { ...emptyGroup, groupEpoch: state.groupEpoch + 1, lastMemberEpoch: state.lastMemberEpoch };
  return retarget({ ...state, members });
}

/** Takes over what topics there are now: partitions may have been added, topics created or deleted. */
export function changeTopics(state: GroupState, topics: readonly AssignableTopic[]): GroupState {
  const next = wanted(state, topics);
  const facts = (list: readonly AssignableTopic[]) =>
    JSON.stringify(list.map(({ topicId, partitionCount }) => [topicId, partitionCount]).sort());
  return facts(next) === facts(state.topics) ? state : retarget(state, next);
}

/** Of the topics that are known, those that some member subscribes to. */
function wanted(state: GroupState, known: readonly AssignableTopic[]): readonly AssignableTopic[] {
  const subscriptions = [...new Set([...state.members.values()].map(({ subscription }) => subscription))];
  return known.filter(({ topic }) => subscriptions.some((subscription) => covers(subscription, topic)));
}

/** True when a call of this member would change what it has: whoever waits for that is woken. */
export function hasNewsFor(state: GroupState, memberId: string): boolean {
  return reconcile(state, memberId) !== state;
}

/** The member a call means, if it may speak for it. */
export function findMember(state: GroupState, { memberId, instanceId, memberEpoch }: MemberClaim): Result<Member> {
  const member = state.members.get(memberId);
  if (instanceId !== null) {
    const owner = memberOfInstance(state, instanceId);
    if (owner !== null && owner.memberId !== memberId) return fencedInstance(instanceId);
  }
  if (member === undefined) return unknownMember(memberId);
  if (memberEpoch === member.epoch || memberEpoch === member.previousEpoch) return ok(member);
  return fencedEpoch(member, memberEpoch);
}

/**
 * Brings one member nearer to its target: what it shall not have any more is taken back at once, what it shall have is
 * granted as far as nobody else holds it. The same state when there is nothing to tell.
 */
function reconcile(state: GroupState, memberId: string): GroupState {
  const member = state.members.get(memberId)!;
  const held = holdersOf(state);
  const lost = [...member.assigned].filter(([key]) => !member.target.has(key));
  const isFree = (key: PartitionKey) => held.get(key) === undefined || held.get(key) === memberId;
  const granted = mustForgetTopic(state, [...lost.map(([key]) => key), ...member.revoking.keys()])
    ? []
    : [...member.target].filter((key) => !member.assigned.has(key) && isFree(key));
  const isNew = member.epoch === 0;
  if (lost.length === 0 && granted.length === 0 && !isNew) return state;
  const epoch = state.lastMemberEpoch + 1;
  const assigned = new Map<PartitionKey, number>(member.assigned);
  const revoking = new Map(member.revoking);
  for (const [key, grantedEpoch] of lost) {
    assigned.delete(key);
    revoking.set(key, grantedEpoch);
  }
  for (const key of granted) {
    assigned.set(key, epoch);
    revoking.delete(key);
  }
  const told: Member = { ...member, epoch, previousEpoch: isNew ? null : member.epoch, assigned, revoking };
  return { ...replace(state, told), lastMemberEpoch: epoch };
}

/**
 * True when one of these partitions is of a topic that is gone. Callers know partitions by name, and keep their place in
 * one that is theirs before and after: they must have let go of it before they are given what has its name now.
 */
function mustForgetTopic({ topics }: GroupState, keys: readonly PartitionKey[]): boolean {
  return keys.some((key) => !topics.some(({ topicId }) => topicId === splitPartitionKey(key).topicId));
}

function replace(state: GroupState, member: Member): GroupState {
  return { ...state, members: new Map(state.members).set(member.memberId, member) };
}

function memberOfInstance(state: GroupState, instanceId: string): Member | null {
  for (const member of state.members.values()) if (member.instanceId === instanceId) return member;
  return null;
}

const timingOf = ({ sessionTimeoutMs, rebalanceTimeoutMs }: MemberWish) => ({ sessionTimeoutMs, rebalanceTimeoutMs });

function isSameTiming(member: Member, wish: MemberWish): boolean {
  return member.sessionTimeoutMs === wish.sessionTimeoutMs && member.rebalanceTimeoutMs === wish.rebalanceTimeoutMs;
}

/** Timeouts may change without anybody being assigned anything else. */
function isSameWish(member: Member, wish: MemberWish): boolean {
  return JSON.stringify(member.subscription) === JSON.stringify(wish.subscription) && member.assignor === wish.assignor;
}

const groupIsFull = (state: GroupState) =>
  failed(
    'GROUP_MAX_SIZE_REACHED',
    `The group has ${state.members.size} members, ${limits.membersPerGroup.value} are the most; let one leave first.`,
    { limit: limits.membersPerGroup.value },
  );

export const unknownMember = (memberId: string) =>
  failed(
    'UNKNOWN_MEMBER_ID',
    `The group has no member ${quoteName(memberId)}: it left, or it was not heard of for longer than its session timeout. Join again without a member epoch.`,
  );

const fencedEpoch = (member: Member, memberEpoch: number) =>
  failed(
    'FENCED_MEMBER_EPOCH',
    `Member ${quoteName(member.memberId)} is at epoch ${member.epoch}, this call is of epoch ${memberEpoch}: another program goes by this id, or the call is an old one. Join again without a member epoch.`,
    { member_epoch: member.epoch },
  );

const fencedInstance = (instanceId: string) =>
  failed(
    'FENCED_INSTANCE_ID',
    `Instance ${quoteName(instanceId)} belongs to another member now; stop this one, or give it another instance id.`,
  );

const unreleasedInstance = (instanceId: string) =>
  failed(
    'UNRELEASED_INSTANCE_ID',
    `Instance ${quoteName(instanceId)} is in use by another member; let that one leave, or wait until its session ends.`,
  );

const instanceMismatch = (member: Member, instanceId: string | null) =>
  failed(
    'FENCED_INSTANCE_ID',
    `Member ${quoteName(member.memberId)} joined ${member.instanceId === null ? 'without an instance id' : `as instance ${quoteName(member.instanceId)}`}, not ${instanceId === null ? 'without one' : `as ${quoteName(instanceId)}`}; choose another member id.`,
  );

/**
 * JoinGroup of Kafka's classic protocol, as pure functions: a member asks to be in the next generation, and is answered
 * when that begins. Dynamic members are given an id first (KIP-394); static ones take their place back (KIP-345).
 */
import { failed, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import {
  type ClassicMember,
  type ClassicProtocol,
  type ClassicState,
  findClassicMember,
  isSameBytes,
  isSameProtocols,
  memberOfInstance,
  withMember,
} from './classic-state.ts';
import { subscribedTopics } from './embedded-protocol.ts';
import { passTime, prepareRebalance, selectProtocol } from './rebalance.ts';

export type ClassicJoin = {
  /** The id it goes by, or the one it is to have when it has none yet. */
  readonly memberId: string;
  /** Whether `memberId` is one that it does not know of. */
  readonly isNew: boolean;
  /** Whether a new dynamic member is only given its id, to join with. */
  readonly isIdFirst: boolean;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly ClassicProtocol[];
  /** Whether it understands that it leads without assigning (KIP-814). */
  readonly maySkipAssignment: boolean;
};

/** A member as the leader is told of it. */
export type JoinedMember = {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly metadata: Uint8Array;
};

export type JoinReply = {
  readonly memberId: string;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string;
  readonly skipAssignment: boolean;
  /** For the leader alone; empty otherwise. */
  readonly members: readonly JoinedMember[];
};

/** `reply` is null while the member has to wait for the others. */
export type Joined = { readonly state: ClassicState; readonly reply: JoinReply | null };

/**
 * MEMBER_ID_REQUIRED (the state then holds a place for the id), UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID,
 * INCONSISTENT_GROUP_PROTOCOL, GROUP_MAX_SIZE_REACHED.
 */
export function joinClassicGroup(before: ClassicState, join: ClassicJoin, nowMs: number): Result<Joined> {
  const state = passTime(before, nowMs);
  const owner = join.instanceId === null ? null : memberOfInstance(state, join.instanceId);
  // A call that is repeated because its answer was lost is one of a member that is known by now.
  const isNew = join.isNew && !state.members.has(join.memberId);
  const checked = checkProtocols(state, join, isNew ? owner : (state.members.get(join.memberId) ?? null));
  if (!checked.ok) return checked;
  if (isNew && owner !== null) return ok(replaceStatic(state, join, owner, nowMs));
  if (isNew || state.promisedIds.has(join.memberId)) return addMember(state, join, nowMs);
  const found = findClassicMember(state, join);
  return found.ok ? ok(rejoin(state, join, found.value, nowMs)) : found;
}

/** Holds a place for an id that a new dynamic member is given; null when it may join at once. */
export function promiseId(before: ClassicState, join: ClassicJoin, nowMs: number): ClassicState | null {
  const state = passTime(before, nowMs);
  const isPromised = join.isNew && join.isIdFirst && join.instanceId === null && !state.members.has(join.memberId);
  if (!isPromised || checkProtocols(state, join, null).ok === false || isFull(state)) return null;
  return { ...state, promisedIds: new Map(state.promisedIds).set(join.memberId, nowMs + join.sessionTimeoutMs) };
}

/** What a member that waits is told; null while it still has to. UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID. */
export function joinOutcome(state: ClassicState, join: ClassicJoin): Result<JoinReply | null> {
  const found = findClassicMember(state, join);
  if (!found.ok) return found;
  const isWaiting = state.phase === 'preparing' && found.value.isJoining;
  return ok(isWaiting ? null : replyTo(state, found.value.memberId));
}

function addMember(state: ClassicState, join: ClassicJoin, nowMs: number): Result<Joined> {
  const promisedIds = new Map(state.promisedIds);
  const wasPromised = promisedIds.delete(join.memberId);
  if (!wasPromised && isFull(state)) return groupIsFull(state);
  const member = { ...memberOf(join, null), isJoining: true };
  const leaderId = state.leaderId ?? member.memberId;
  const isFirst = state.members.size === 0;
  const protocolType = isFirst ? join.protocolType : state.protocolType;
  const prepared = prepareRebalance(withMember({ ...state, promisedIds, leaderId, protocolType }, member), nowMs);
  return ok(settle(prepared, member.memberId, nowMs));
}

function rejoin(state: ClassicState, join: ClassicJoin, member: ClassicMember, nowMs: number): Joined {
  const isSame = isSameProtocols(member.protocols, join.protocols);
  const isLeader = member.memberId === state.leaderId;
  // The leader joins again when it saw the topics change; anyone else that says nothing new lost the answer.
  const mustRebalance = !isSame || (isLeader && state.phase === 'stable');
  if (state.phase !== 'preparing' && !mustRebalance) return { state, reply: replyTo(state, member.memberId) };
  const renewed = { ...memberOf(join, member), isJoining: true };
  return settle(prepareRebalance(withMember(state, renewed), nowMs), member.memberId, nowMs);
}

/**
 * A static member that came back under a new id: whoever had its place is fenced. In a stable group it goes on with
 * what it had, unless it wants other topics or another protocol than before.
 */
function replaceStatic(state: ClassicState, join: ClassicJoin, owner: ClassicMember, nowMs: number): Joined {
  const member = memberOf(join, owner);
  const members = new Map<string, ClassicMember>();
  for (const [memberId, other] of state.members) {
    if (memberId === owner.memberId) members.set(member.memberId, member);
    else members.set(memberId, other);
  }
  const wasLeader = state.leaderId === owner.memberId;
  const replaced = { ...state, members, leaderId: wasLeader ? member.memberId : state.leaderId };
  const isSameWish =
    selectProtocol(members.values()) === state.protocolName && wantsTheSame(owner, member, state.protocolName);
  if (state.phase === 'stable' && isSameWish) {
    const reply = replyTo(replaced, member.memberId);
    if (!wasLeader) return { state: replaced, reply };
    // It must not assign anew: it is told so, or that somebody else leads.
    return join.maySkipAssignment
      ? { state: replaced, reply: { ...reply, skipAssignment: true } }
      : { state: replaced, reply: { ...reply, leaderId: owner.memberId, members: [] } };
  }
  const rejoining = withMember(replaced, { ...member, isJoining: true });
  return settle(prepareRebalance(rejoining, nowMs), member.memberId, nowMs);
}

/** A consumer's metadata also says what it has at the moment, which a program that begins anew does not know. */
function wantsTheSame(before: ClassicMember, after: ClassicMember, protocolName: string | null): boolean {
  const [old, fresh] = [before, after].map(({ protocols }) => protocols.find(({ name }) => name === protocolName));
  if (old === undefined || fresh === undefined) return false;
  const [oldTopics, freshTopics] = [subscribedTopics(old.metadata), subscribedTopics(fresh.metadata)];
  if (oldTopics === null || freshTopics === null) return isSameBytes(old.metadata, fresh.metadata);
  return JSON.stringify([...oldTopics].sort()) === JSON.stringify([...freshTopics].sort());
}

function settle(state: ClassicState, memberId: string, nowMs: number): Joined {
  const next = passTime(state, nowMs);
  const isWaiting = next.phase === 'preparing' && next.members.get(memberId)?.isJoining === true;
  return { state: next, reply: isWaiting ? null : replyTo(next, memberId) };
}

function replyTo(state: ClassicState, memberId: string): JoinReply {
  const { generationId, protocolType, protocolName, members } = state;
  const leaderId = state.leaderId ?? '';
  const told = memberId === leaderId ? [...members.values()] : [];
  return {
    memberId,
    generationId,
    protocolType,
    protocolName,
    leaderId,
    skipAssignment: false,
    members: told.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      metadata: metadataOf(member, protocolName),
    })),
  };
}

/** What a member says in the protocol of the generation; empty when it does not know it. */
export function metadataOf({ protocols }: ClassicMember, protocolName: string | null): Uint8Array {
  return protocols.find(({ name }) => name === protocolName)?.metadata ?? new Uint8Array(0);
}

/** The member that joins; what it has, and bytes that did not change, stay those of the one `before` it. */
function memberOf(join: ClassicJoin, before: ClassicMember | null): ClassicMember {
  const isSame = before !== null && isSameProtocols(before.protocols, join.protocols);
  return {
    memberId: join.memberId,
    instanceId: join.instanceId,
    clientId: join.clientId,
    sessionTimeoutMs: join.sessionTimeoutMs,
    rebalanceTimeoutMs: join.rebalanceTimeoutMs,
    protocols: isSame ? before.protocols : join.protocols,
    assignment: before?.assignment ?? new Uint8Array(0),
    isJoining: false,
    hasSynced: false,
  };
}

/** All members must have a protocol in common with the one that joins, in place of `predecessor` if it was there. */
function checkProtocols(state: ClassicState, join: ClassicJoin, predecessor: ClassicMember | null): Result<null> {
  const others = [...state.members.values()].filter((member) => member !== predecessor);
  const isKnown = join.protocolType !== '' && join.protocols.length > 0;
  const isSameType = others.length === 0 || join.protocolType === state.protocolType;
  const hasCommon = selectProtocol([memberOf(join, null), ...others]) !== null;
  if (isKnown && isSameType && hasCommon) return ok(null);
  return failed(
    'INCONSISTENT_GROUP_PROTOCOL',
    isKnown
      ? 'The members of the group know none of the protocols (assignors) that this one names, or speak of something else; give all of them one in common.'
      : 'A member names what it speaks of and at least one protocol (assignor).',
  );
}

const isFull = ({ members, promisedIds }: ClassicState): boolean =>
  members.size + promisedIds.size >= limits.membersPerGroup.value;

const groupIsFull = ({ members }: ClassicState) =>
  failed(
    'GROUP_MAX_SIZE_REACHED',
    `The group has ${members.size} members, ${limits.membersPerGroup.value} are the most; let one leave first.`,
    { limit: limits.membersPerGroup.value },
  );

/** What a new member is told whose id was only promised. */
export const memberIdRequired = (memberId: string) =>
  failed(
    'MEMBER_ID_REQUIRED',
    `Join again as member ${JSON.stringify(memberId)}, which is this member's id from now on.`,
  );

import { assert } from '../../errors/assert.ts';
import type { ClassicMember, ClassicState } from './classic-state.ts';

/**
 * The first members of an empty group mostly start together, and each one that came late would have the group divided
 * anew. Kafka waits 3 s, which a person at a terminal notices.
 */
export const initialRebalanceDelayMs = 500;

/** Begins to gather the members of the next generation, unless that is under way. */
export function prepareRebalance(state: ClassicState, nowMs: number): ClassicState {
  if (state.phase === 'preparing') return state;
  const notBeforeMs = state.phase === 'empty' ? nowMs + initialRebalanceDelayMs : nowMs;
  const members = new Map<string, ClassicMember>();
  for (const [memberId, member] of state.members) members.set(memberId, { ...member, hasSynced: false });
  return { ...state, phase: 'preparing', members, endsMs: nowMs + rebalanceTimeoutOf(state), notBeforeMs };
}

/**
 * What time brings: a generation begins when all its members have asked to be in it, or when those that have not had
 * their time; who does not fetch an assignment in time is taken out. Called before and after every command.
 */
export function passTime(state: ClassicState, nowMs: number): ClassicState {
  const current = forgetPromises(state, nowMs);
  if (current.phase !== 'preparing' && current.phase !== 'completing') return current;
  // The object came back into memory in the middle of it: everyone has the full time again.
  if (current.endsMs === null) return passTime({ ...current, endsMs: nowMs + rebalanceTimeoutOf(current) }, nowMs);
  if (current.phase === 'completing') {
    if (nowMs < current.endsMs) return current;
    const tardy = [...current.members.values()].filter(({ hasSynced }) => !hasSynced);
    return removeClassicMembers(
      current,
      tardy.map(({ memberId }) => memberId),
      nowMs,
    );
  }
  const isComplete =
    current.promisedIds.size === 0 && [...current.members.values()].every(({ isJoining }) => isJoining);
  const isOver = nowMs >= current.endsMs || (isComplete && nowMs >= current.notBeforeMs);
  return isOver ? beginGeneration(current, nowMs) : current;
}

/** Takes members out: those that left, or that were not heard of. */
export function removeClassicMembers(state: ClassicState, memberIds: readonly string[], nowMs: number): ClassicState {
  const members = new Map(state.members);
  for (const memberId of memberIds) members.delete(memberId);
  if (members.size === state.members.size) return state;
  const left = { ...state, members, leaderId: leaderAmong(state, members) };
  if (members.size === 0) return emptied(left);
  return passTime(prepareRebalance(left, nowMs), nowMs);
}

/** When time next brings something by itself; null while nothing is awaited. */
export function nextPassMs({ phase, endsMs, notBeforeMs }: ClassicState, nowMs: number): number | null {
  if (phase !== 'preparing' && phase !== 'completing') return null;
  if (phase === 'preparing' && nowMs < notBeforeMs) return notBeforeMs;
  return endsMs;
}

/** The protocol that all of these members know and most prefer; null when there is none. */
export function selectProtocol(members: Iterable<ClassicMember>): string | null {
  const all = [...members];
  const [first, ...others] = all;
  if (first === undefined) return null;
  const candidates = first.protocols
    .map(({ name }) => name)
    .filter((name) => others.every(({ protocols }) => protocols.some((protocol) => protocol.name === name)));
  const votes = new Map<string, number>(candidates.map((name) => [name, 0]));
  for (const { protocols } of all) {
    const choice = protocols.find(({ name }) => votes.has(name));
    if (choice !== undefined) votes.set(choice.name, votes.get(choice.name)! + 1);
  }
  let chosen: string | null = null;
  for (const [name, count] of votes) if (chosen === null || count > votes.get(chosen)!) chosen = name;
  return chosen;
}

/**
 * Members that did not ask in time are taken out, but for static ones: their session says how long their place is kept.
 */
function beginGeneration(state: ClassicState, nowMs: number): ClassicState {
  const members = new Map<string, ClassicMember>();
  for (const [memberId, member] of state.members) {
    if (!member.isJoining && member.instanceId === null) continue;
    // What it had is kept until the leader says otherwise: mostly that is the same again, and costs no row.
    members.set(memberId, { ...member, isJoining: false, hasSynced: false });
  }
  if (members.size === 0) return emptied({ ...state, members });
  const joined = [...members.keys()].filter((memberId) => state.members.get(memberId)!.isJoining);
  // Nobody is there to lead; who comes until the sessions of the others end will be.
  if (joined.length === 0) return { ...state, endsMs: nowMs + rebalanceTimeoutOf(state) };
  const leaderId = state.leaderId !== null && joined.includes(state.leaderId) ? state.leaderId : joined[0]!;
  const protocolName = selectProtocol(members.values());
  assert(protocolName !== null, 'members that are taken in have a protocol in common');
  return {
    ...state,
    phase: 'completing',
    generationId: state.generationId + 1,
    protocolName,
    leaderId,
    members,
    endsMs: nowMs + rebalanceTimeoutOf(state),
  };
}

function emptied(state: ClassicState): ClassicState {
  return {
    ...state,
    phase: 'empty',
    generationId: state.generationId + 1,
    protocolName: null,
    leaderId: null,
    endsMs: null,
  };
}

function leaderAmong({ leaderId }: ClassicState, members: ReadonlyMap<string, ClassicMember>): string | null {
  if (leaderId !== null && members.has(leaderId)) return leaderId;
  return members.keys().next().value ?? null;
}

function forgetPromises(state: ClassicState, nowMs: number): ClassicState {
  const kept = [...state.promisedIds].filter(([, untilMs]) => untilMs > nowMs);
  return kept.length === state.promisedIds.size ? state : { ...state, promisedIds: new Map(kept) };
}

/** The slowest member decides for all. */
function rebalanceTimeoutOf({ members }: ClassicState): number {
  return Math.max(0, ...[...members.values()].map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs));
}

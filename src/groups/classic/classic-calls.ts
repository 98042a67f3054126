/** SyncGroup, Heartbeat and LeaveGroup of Kafka's classic protocol, and who may commit, as pure functions. */
import { failed, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import {
  type ClassicClaim,
  type ClassicMember,
  type ClassicState,
  findClassicMember,
  findInGeneration,
  isSameBytes,
  memberOfInstance,
  rebalanceInProgress,
  unknownMember,
  withMember,
} from './classic-state.ts';
import { passTime, removeClassicMembers } from './rebalance.ts';

export type ClassicAssignment = { readonly memberId: string; readonly assignment: Uint8Array };

export type ClassicSync = ClassicClaim & {
  /** Null when the call does not say. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  /** Of the leader: what each member has; of the others nothing. */
  readonly assignments: readonly ClassicAssignment[];
};

export type SyncReply = {
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Uint8Array;
};

/** `reply` is null while the member has to wait for the leader. */
export type Synced = { readonly state: ClassicState; readonly reply: SyncReply | null };

/** Who leaves: by member id, or by the instance id alone. */
export type ClassicLeaver = { readonly memberId: string; readonly instanceId: string | null };

const noAssignment = new Uint8Array(0);

/**
 * Gives the leader's assignment to the group, or waits for it. UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID,
 * ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, INCONSISTENT_GROUP_PROTOCOL, GROUP_MAX_SIZE_REACHED.
 */
export function syncClassicGroup(before: ClassicState, sync: ClassicSync, nowMs: number): Result<Synced> {
  const state = passTime(before, nowMs);
  const found = findInGeneration(state, sync);
  if (!found.ok) return found;
  const checked = checkSameProtocol(state, sync);
  if (!checked.ok) return checked;
  if (state.phase !== 'completing' && state.phase !== 'stable') return rebalanceInProgress();
  const synced = found.value.hasSynced ? state : withMember(state, { ...found.value, hasSynced: true });
  if (state.phase === 'stable') return ok({ state: synced, reply: assignmentReply(synced, found.value) });
  if (found.value.memberId !== state.leaderId) return ok({ state: synced, reply: null });
  const assigned = assign(synced, sync.assignments);
  if (!assigned.ok) return assigned;
  const own = assigned.value.members.get(found.value.memberId)!;
  return ok({ state: assigned.value, reply: assignmentReply(assigned.value, own) });
}

/** What a member that waits is told; null while it still has to. The same failures. */
export function syncOutcome(state: ClassicState, sync: ClassicSync): Result<SyncReply | null> {
  const found = findInGeneration(state, sync);
  if (!found.ok) return state.members.has(sync.memberId) ? rebalanceInProgress() : found;
  if (state.phase === 'completing') return ok(null);
  return state.phase === 'stable' ? ok(assignmentReply(state, found.value)) : rebalanceInProgress();
}

/** UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION; REBALANCE_IN_PROGRESS asks the member to join again. */
export function heartbeatClassic(before: ClassicState, claim: ClassicClaim, nowMs: number): Result<ClassicState> {
  const state = passTime(before, nowMs);
  const found = findInGeneration(state, claim);
  return found.ok ? ok(state) : found;
}

/** Takes members out at their own wish; those that are not there are refused by themselves. */
export function leaveClassicGroup(
  before: ClassicState,
  leavers: readonly ClassicLeaver[],
  nowMs: number,
): { readonly state: ClassicState; readonly left: readonly Result<{ readonly memberId: string }>[] } {
  const state = passTime(before, nowMs);
  const left = leavers.map((leaver) => findLeaver(state, leaver));
  const memberIds = left.flatMap((result) => (result.ok ? [result.value.memberId] : []));
  const promisedIds = new Map(state.promisedIds);
  for (const memberId of memberIds) promisedIds.delete(memberId);
  const next = promisedIds.size === state.promisedIds.size ? state : { ...state, promisedIds };
  return { state: removeClassicMembers(passTime(next, nowMs), memberIds, nowMs), left };
}

/** Whether a member may commit now: the failures of {@link findInGeneration}, REBALANCE_IN_PROGRESS. */
export function checkClassicCommit(state: ClassicState, claim: ClassicClaim): Result<null> {
  const found = findInGeneration(state, claim);
  if (!found.ok) return found;
  // It does not know what it has in this generation, so what it commits is of the one before.
  return state.phase === 'completing' ? rebalanceInProgress() : ok(null);
}

function findLeaver(state: ClassicState, { memberId, instanceId }: ClassicLeaver): Result<{ memberId: string }> {
  if (instanceId === null && state.promisedIds.has(memberId)) return ok({ memberId });
  if (instanceId === null || memberId !== '') return findClassicMember(state, { memberId, instanceId });
  return memberOfInstance(state, instanceId) === null
    ? unknownMember(memberId)
    : ok({ memberId: memberOfInstance(state, instanceId)!.memberId });
}

function assign(state: ClassicState, assignments: readonly ClassicAssignment[]): Result<ClassicState> {
  const given = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]));
  const max = limits.classicMemberBytes.value;
  const bytes = [...given.values()].reduce((sum, { length }) => sum + length, 0);
  const largest = Math.max(0, ...[...given.values()].map(({ length }) => length));
  if (largest > max || bytes > limits.classicGroupBytes.value) {
    return failed(
      'GROUP_MAX_SIZE_REACHED',
      `The assignment of the largest member has ${largest} bytes, ${max} are the most; all have ${bytes}, ${limits.classicGroupBytes.value} are the most.`,
      { limit: max },
    );
  }
  const members = new Map<string, ClassicMember>();
  for (const [memberId, member] of state.members) {
    const assignment = given.get(memberId) ?? noAssignment;
    const isSame = isSameBytes(assignment, member.assignment);
    members.set(memberId, isSame ? member : { ...member, assignment });
  }
  return ok({ ...state, phase: 'stable', members, endsMs: null });
}

function checkSameProtocol(state: ClassicState, { protocolType, protocolName }: ClassicSync): Result<null> {
  const isSameType = protocolType === null || protocolType === state.protocolType;
  const isSameName = protocolName === null || state.protocolName === null || protocolName === state.protocolName;
  return isSameType && isSameName
    ? ok(null)
    : failed(
        'INCONSISTENT_GROUP_PROTOCOL',
        'The group has agreed on another protocol than this call names; join again.',
      );
}

function assignmentReply({ protocolType, protocolName }: ClassicState, { assignment }: ClassicMember): SyncReply {
  return { protocolType, protocolName, assignment };
}

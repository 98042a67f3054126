import { failed, type Result } from '../../errors/result.ts';
import { quoteName } from '../group-id.ts';

/** A way to divide partitions that a member knows, and what it tells the leader for it. The bytes are the clients' own. */
export type ClassicProtocol = { readonly name: string; readonly metadata: Uint8Array };

/** A member of Kafka's classic protocol: one of them, the leader, assigns the partitions. */
export type ClassicMember = {
  readonly memberId: string;
  /** Of a static member (KIP-345); null otherwise. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** In the order of its preference. */
  readonly protocols: readonly ClassicProtocol[];
  /** What the leader gave it in this generation; empty before. */
  readonly assignment: Uint8Array;
  /** True once it has asked to be in the generation that is being prepared. In memory only. */
  readonly isJoining: boolean;
  /** True once it has asked for its assignment in this generation. In memory only. */
  readonly hasSynced: boolean;
};

/**
 * `preparing` gathers members for the next generation, `completing` waits for the leader's assignment (Kafka's
 * PreparingRebalance and CompletingRebalance).
 */
export type ClassicPhase = 'empty' | 'preparing' | 'completing' | 'stable';

/** Everything the classic protocol decides by. Immutable: a transition makes a new one and shares what stayed the same. */
export type ClassicState = {
  readonly phase: ClassicPhase;
  /** Grows with every generation, never back, also while the group is empty in between. */
  readonly generationId: number;
  /** What the members speak between them: `consumer`, or `connect`; null before the first one. */
  readonly protocolType: string | null;
  /** The protocol of this generation; null while there is none. */
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  /** In the order in which they joined. */
  readonly members: ReadonlyMap<string, ClassicMember>;
  /** Ids that were given out and have not joined yet (KIP-394), each with when it is forgotten. In memory only. */
  readonly promisedIds: ReadonlyMap<string, number>;
  /** Of `preparing` and `completing`: when it is over at the latest. Null until it is looked at. In memory only. */
  readonly endsMs: number | null;
  /** Of `preparing`: when it is over at the earliest, so that members that start together are in it together. */
  readonly notBeforeMs: number;
};

export const emptyClassicGroup: ClassicState = {
  phase: 'empty',
  generationId: 0,
  protocolType: null,
  protocolName: null,
  leaderId: null,
  members: new Map(),
  promisedIds: new Map(),
  endsMs: null,
  notBeforeMs: 0,
};

/** Who a call says it comes from. */
export type ClassicClaim = {
  readonly memberId: string;
  /** Null when the call does not say. */
  readonly instanceId: string | null;
  readonly generationId: number;
};

export function withMember(state: ClassicState, member: ClassicMember): ClassicState {
  return { ...state, members: new Map(state.members).set(member.memberId, member) };
}

export function memberOfInstance(state: ClassicState, instanceId: string): ClassicMember | null {
  for (const member of state.members.values()) if (member.instanceId === instanceId) return member;
  return null;
}

/** The member a call means: UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID. */
export function findClassicMember(
  state: ClassicState,
  { memberId, instanceId }: Omit<ClassicClaim, 'generationId'>,
): Result<ClassicMember> {
  if (instanceId !== null) {
    const owner = memberOfInstance(state, instanceId);
    if (owner !== null && owner.memberId !== memberId) return fencedInstance(instanceId);
    if (owner === null) return unknownMember(memberId);
  }
  const member = state.members.get(memberId);
  return member === undefined ? unknownMember(memberId) : { ok: true, value: member };
}

/** The same, and of the generation that is in force: ILLEGAL_GENERATION. */
export function findInGeneration(state: ClassicState, claim: ClassicClaim): Result<ClassicMember> {
  const found = findClassicMember(state, claim);
  if (!found.ok || claim.generationId === state.generationId) return found;
  return illegalGeneration(claim, state.generationId);
}

export const illegalGeneration = ({ generationId }: ClassicClaim, ownGenerationId: number) =>
  failed(
    'ILLEGAL_GENERATION',
    `The group is in generation ${ownGenerationId}, this call is of generation ${generationId}; join again.`,
    { generation_id: ownGenerationId },
  );

export const unknownMember = (memberId: string) =>
  failed(
    'UNKNOWN_MEMBER_ID',
    `The group has no member ${quoteName(memberId)}: it left, or it was not heard of for longer than its session timeout. Join again without a member id.`,
  );

export const fencedInstance = (instanceId: string) =>
  failed(
    'FENCED_INSTANCE_ID',
    `Instance ${quoteName(instanceId)} belongs to another member now; stop this one, or give it another instance id.`,
  );

export const rebalanceInProgress = () =>
  failed('REBALANCE_IN_PROGRESS', 'The group is being divided anew; join again to be part of it.');

/** Refuses a member whose partitions the server would assign. */
export const hasClassicMembers = () =>
  failed(
    'INCONSISTENT_GROUP_PROTOCOL',
    "The group has members that speak Kafka's classic protocol (JoinGroup); stop them first, or choose another group id.",
  );

/** Whether two members tell their leader the same. */
export function isSameProtocols(one: readonly ClassicProtocol[], other: readonly ClassicProtocol[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ name, metadata }, at) => name === other[at]!.name && isSameBytes(metadata, other[at]!.metadata))
  );
}

export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

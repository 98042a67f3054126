import type { AssignableTopic, PartitionKey } from './assignors/assignor.ts';
import type { AssignorName } from './assignors/assignors.ts';

/** What a member wants to read: topics by name, and all topics whose names a pattern matches. */
export type GroupSubscription = {
  /** Sorted, each once. */
  readonly topics: readonly string[];
  /** A regular expression as in topic-pattern.ts, or null. */
  readonly pattern: string | null;
};

/**
 * A member as the coordinator remembers it. `epoch` changes exactly when the member is told of another assignment, so
 * a call that carries it proves that its sender knows `assigned`, and what of `revoking` it does not report to hold.
 */
export type Member = {
  readonly memberId: string;
  /** Of a static member; null otherwise. */
  readonly instanceId: string | null;
  readonly clientId: string;
  /** The relay that holds the socket of a WebSocket member and answers for it; null for members that call by themselves. */
  readonly relay: string | null;
  readonly subscription: GroupSubscription;
  /** The assignor it wishes for; null for the default. */
  readonly assignor: AssignorName | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly epoch: number;
  /** The epoch before: a call that carries it asks again for an answer that was lost. Null right after joining. */
  readonly previousEpoch: number | null;
  /** What it was granted, with the epoch of the grant: a commit by an older epoch is of an earlier tenure. */
  readonly assigned: ReadonlyMap<PartitionKey, number>;
  /** What it was told to give back and has not confirmed: nobody else may have it. */
  readonly revoking: ReadonlyMap<PartitionKey, number>;
  /** What it shall have in the end. */
  readonly target: ReadonlySet<PartitionKey>;
  /** True for a static member that left for a while: its partitions wait for it until its session ends. */
  readonly isAway: boolean;
};

/** Everything the coordinator decides by. Immutable: a transition makes a new one and shares what stayed the same. */
export type GroupState = {
  /** Grows whenever members, subscriptions or topics change, and targets with them. */
  readonly groupEpoch: number;
  /** The highest epoch ever given to a member: epochs are never given twice, not even to a member that comes back. */
  readonly lastMemberEpoch: number;
  readonly members: ReadonlyMap<string, Member>;
  /** The topics that some member subscribes to and that exist, in name order. */
  readonly topics: readonly AssignableTopic[];
};

export const emptyGroup: GroupState = { groupEpoch: 0, lastMemberEpoch: 0, members: new Map(), topics: [] };

/** What `GET /v1/groups/{group}` calls the state: Kafka's words of KIP-848. */
export type GroupPhase = 'empty' | 'reconciling' | 'stable';

export function phaseOf(state: GroupState): GroupPhase {
  if (state.members.size === 0) return 'empty';
  for (const member of state.members.values()) if (!isSettled(member)) return 'reconciling';
  return 'stable';
}

/** True when a member has exactly what it shall have, and has given back everything else. */
export function isSettled({ assigned, revoking, target }: Member): boolean {
  if (revoking.size > 0 || assigned.size !== target.size) return false;
  for (const key of target) if (!assigned.has(key)) return false;
  return true;
}

/** True while a member holds something that is meant for someone else: its rebalance timeout runs. */
export function mustGiveBack({ assigned, revoking, target }: Member): boolean {
  if (revoking.size > 0) return true;
  for (const key of assigned.keys()) if (!target.has(key)) return true;
  return false;
}

/** Who holds what: granted, or told to give back and not confirmed. */
export function holdersOf(state: GroupState): ReadonlyMap<PartitionKey, string> {
  const known = holders.get(state);
  if (known !== undefined) return known;
  const found = new Map<PartitionKey, string>();
  for (const { memberId, assigned, revoking } of state.members.values()) {
    for (const key of assigned.keys()) found.set(key, memberId);
    for (const key of revoking.keys()) found.set(key, memberId);
  }
  holders.set(state, found);
  return found;
}

/** A state is immutable, and while a group rebalances the same one is asked by every member that waits. */
const holders = new WeakMap<GroupState, ReadonlyMap<PartitionKey, string>>();

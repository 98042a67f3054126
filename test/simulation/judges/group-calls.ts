import type { CommitRequest, FirstOffset, HeartbeatRequest, LeaveRequest } from '../../../src/groups/group-rpc.ts';
import type { MemberClaim } from '../../../src/groups/membership.ts';
import type { TransactionMarker } from '../../../src/log/transactions/transaction-marker.ts';
import type { GroupSnapshot } from './group-snapshot.ts';

/** What a call to a group asks for, as far as the judge has to know. */
export type GroupCall = {
  readonly verb: string;
  /** Null for a caller that is no member. */
  readonly claim: MemberClaim | null;
  readonly commits: readonly Committed[];
  /** Whether it may take a member in. */
  readonly mayJoin: boolean;
  /** The end of a transaction; null for every other call. */
  readonly marker: TransactionMarker | null;
};

type Committed = { readonly topic: string; readonly partition: number; readonly offset: number };

export function groupCallOf(verb: string, args: readonly unknown[]): GroupCall {
  const none: GroupCall = { verb, claim: null, commits: [], mayJoin: false, marker: null };
  switch (verb) {
    case 'heartbeat': {
      const { memberId, instanceId, memberEpoch, commits, mayRejoin } = args[0] as HeartbeatRequest;
      const claim = { memberId, instanceId, memberEpoch };
      return { ...none, claim, commits, mayJoin: memberEpoch === 0 || mayRejoin };
    }
    case 'leave': {
      const { claim, commits } = args[0] as LeaveRequest;
      return { ...none, claim, commits };
    }
    case 'writeTxnMarker':
      return { ...none, marker: args[1] as TransactionMarker };
    case 'commitInTransaction':
    case 'commit': {
      const { claim, commits } = args[0] as CommitRequest;
      return { ...none, claim, commits };
    }
    case 'keepFirstOffsets':
      return { ...none, claim: args[1] as MemberClaim, commits: args[2] as readonly FirstOffset[] };
    case 'resetOffsets':
      return { ...none, commits: args[1] as readonly FirstOffset[] };
    default:
      return none;
  }
}

/** Whether a call may commit this offset by the rules, given what was stored before it. */
export function mayCommit(call: GroupCall, before: GroupSnapshot, key: string, offset: number): boolean {
  if (call.marker !== null) {
    const pending = before.pending.get(call.marker.producerId);
    const isOfIt = pending?.transactionNumber === call.marker.transactionNumber;
    return isOfIt && call.marker.committed && pending.offsets.get(key) === offset;
  }
  const [topicId = '', partition] = key.split('/');
  const named = call.commits.some(
    (commit) =>
      commit.offset === offset &&
      commit.partition === Number(partition) &&
      (before.topics.get(topicId)?.topic === commit.topic || call.verb === 'resetOffsets'),
  );
  if (!named) return false;
  // I-3b: of nobody while there are members, and of a member only while it holds the partition.
  if (call.claim === null) return before.members.size === 0;
  const { memberId, memberEpoch } = call.claim;
  const member = before.members.get(memberId);
  if (member === undefined || (memberEpoch !== member.epoch && memberEpoch !== member.previousEpoch)) return false;
  const grantedEpoch = member.assigned.get(key) ?? member.revoking.get(key);
  return grantedEpoch !== undefined && grantedEpoch <= memberEpoch;
}

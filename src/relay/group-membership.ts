import type { ValueRendering } from '../contracts/record-json.ts';
import type { MemberClaim, MemberWish } from '../groups/membership.ts';
import type { Isolation } from '../log/partition-rpc.ts';
import type { RelaySession } from './relay-session.ts';
import type { Subscription } from './subscription.ts';

/** What may be sent before more is granted; shared by the topics of one membership. */
export type CreditAccount = { creditBytes: number };

/** What a membership was begun with, and keeps. */
export type MembershipTerms = {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly wish: MemberWish;
  readonly as: ValueRendering;
  /** `read_uncommitted` by default. */
  readonly isolation?: Isolation | undefined;
  /** Where partitions begin that the group has no offset of. */
  readonly reset: 'earliest' | 'latest';
};

/**
 * One socket's membership of a consumer group: the relay is the member on its behalf, and holds a subscription for each
 * topic that it has partitions of.
 */
export class GroupMembership {
  readonly session: RelaySession;
  /** The subscription's id. */
  readonly id: string;
  readonly terms: MembershipTerms;
  readonly credit: CreditAccount;
  /** By topic id. */
  readonly subscriptions = new Map<string, Subscription>();
  /** As the group told it last; 0 until it has joined. */
  memberEpoch = 0;
  /** True from a `revoke` until the client says that it has stopped: until then the group is told nothing. */
  isRevoking = false;
  hasEnded = false;
  /** Calls to the group are made one after the other. */
  turn: Promise<void> = Promise.resolve();

  constructor(session: RelaySession, id: string, terms: MembershipTerms, creditBytes: number) {
    this.session = session;
    this.id = id;
    this.terms = terms;
    this.credit = { creditBytes };
  }

  get claim(): MemberClaim {
    const { memberId, instanceId } = this.terms;
    return { memberId, instanceId, memberEpoch: this.memberEpoch };
  }
}

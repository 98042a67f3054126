import type { Failure } from '../../errors/result.ts';
import type { TransactionClaim } from '../../log/transactions/transaction-marker.ts';
import type { OffsetCommit, RefusedCommit } from '../committed-offset.ts';
import type { GroupRef } from '../group-ref.ts';
import type { ClassicLeaver, ClassicSync, SyncReply } from './classic-calls.ts';
import type { ClassicJoin, JoinReply } from './classic-join.ts';
import type { ClassicClaim, ClassicPhase } from './classic-state.ts';

/** What members of Kafka's classic protocol ask of their group. Every one may be repeated. */
export type ClassicCommand =
  /** Waits up to `waitMs` for the others; whoever is told to wait on repeats it. */
  | { readonly kind: 'join'; readonly join: ClassicJoin; readonly waitMs: number }
  /** Waits up to `waitMs` for the leader, the same way. */
  | { readonly kind: 'sync'; readonly sync: ClassicSync; readonly waitMs: number }
  | { readonly kind: 'heartbeat'; readonly claim: ClassicClaim }
  | { readonly kind: 'leave'; readonly leavers: readonly ClassicLeaver[] }
  | { readonly kind: 'commit'; readonly claim: ClassicClaim; readonly commits: readonly OffsetCommit[] }
  /** Offsets that become the group's with the transaction; clients of old do not say which member they are (null). */
  | {
      readonly kind: 'commitInTransaction';
      readonly claim: ClassicClaim | null;
      readonly commits: readonly OffsetCommit[];
      readonly transaction: TransactionClaim;
    }
  | { readonly kind: 'describe' };

/** A group whose members speak Kafka's classic protocol. */
export type ClassicDescription = {
  readonly phase: ClassicPhase;
  readonly protocolType: string;
  readonly protocolName: string | null;
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly clientId: string;
    readonly metadata: Uint8Array;
    readonly assignment: Uint8Array;
  }[];
};

export type ClassicRequest = { readonly ref: GroupRef; readonly command: ClassicCommand };

export type ClassicReply =
  /** The time is up and the answer is not there yet. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'joined'; readonly reply: JoinReply }
  | { readonly kind: 'synced'; readonly reply: SyncReply }
  | { readonly kind: 'heard' }
  /** In the order of the leavers: null for those that have left. */
  | { readonly kind: 'left'; readonly refusals: readonly (Failure | null)[] }
  | { readonly kind: 'committed'; readonly refused: readonly RefusedCommit[] }
  /** Null when the group has no members that speak the protocol. */
  | { readonly kind: 'described'; readonly description: ClassicDescription | null };

import type { Failure } from '../../errors/result.ts';
import type { OffsetCommit, RefusedCommit } from '../committed-offset.ts';
import type { GroupRef } from '../group-ref.ts';
import type { ClassicLeaver, ClassicSync, SyncReply } from './classic-calls.ts';
import type { ClassicJoin, JoinReply } from './classic-join.ts';
import type { ClassicClaim } from './classic-state.ts';

/** What members of Kafka's classic protocol ask of their group. Every one may be repeated. */
export type ClassicCommand =
  /** Waits up to `waitMs` for the others; whoever is told to wait on repeats it. */
  | { readonly kind: 'join'; readonly join: ClassicJoin; readonly waitMs: number }
  /** Waits up to `waitMs` for the leader, the same way. */
  | { readonly kind: 'sync'; readonly sync: ClassicSync; readonly waitMs: number }
  | { readonly kind: 'heartbeat'; readonly claim: ClassicClaim }
  | { readonly kind: 'leave'; readonly leavers: readonly ClassicLeaver[] }
  | { readonly kind: 'commit'; readonly claim: ClassicClaim; readonly commits: readonly OffsetCommit[] };

export type ClassicRequest = { readonly ref: GroupRef; readonly command: ClassicCommand };

export type ClassicReply =
  /** The time is up and the answer is not there yet. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'joined'; readonly reply: JoinReply }
  | { readonly kind: 'synced'; readonly reply: SyncReply }
  | { readonly kind: 'heard' }
  /** In the order of the leavers: null for those that have left. */
  | { readonly kind: 'left'; readonly refusals: readonly (Failure | null)[] }
  | { readonly kind: 'committed'; readonly refused: readonly RefusedCommit[] };

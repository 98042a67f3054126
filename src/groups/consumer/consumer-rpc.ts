import type { PartitionKey } from '../assignors/assignor.ts';
import type { AssignorName } from '../assignors/assignors.ts';
import type { OffsetCommit, RefusedCommit } from '../committed-offset.ts';
import type { GroupRef } from '../group-ref.ts';
import type { MemberClaim } from '../membership.ts';

/** A sign of life of a member of Kafka's consumer protocol: what is null is as before. */
export type ConsumerHeartbeat = MemberClaim & {
  readonly clientId: string;
  readonly topics: readonly string[] | null;
  /** Empty for no pattern any more. */
  readonly pattern: string | null;
  readonly assignor: AssignorName | null;
  readonly rebalanceTimeoutMs: number | null;
  /** All that it holds. */
  readonly held: readonly PartitionKey[] | null;
};

export type ConsumerCommand =
  /** Epoch 0 joins. */
  | { readonly kind: 'heartbeat'; readonly heartbeat: ConsumerHeartbeat }
  /** Whatever epoch the member is at; a static one may be `isAway` and come back to its place. */
  | {
      readonly kind: 'leave';
      readonly memberId: string;
      readonly instanceId: string | null;
      readonly isAway: boolean;
    }
  /** Of a member of either protocol: `memberEpoch` is the generation of a classic one. */
  | { readonly kind: 'commit'; readonly claim: MemberClaim; readonly commits: readonly OffsetCommit[] }
  /** Asks only whether the member may speak for the group. */
  | { readonly kind: 'check'; readonly claim: MemberClaim };

export type ConsumerRequest = { readonly ref: GroupRef; readonly command: ConsumerCommand };

export type ConsumerReply =
  | {
      readonly kind: 'heard';
      readonly memberEpoch: number;
      readonly heartbeatIntervalMs: number;
      /** Null when the member knows it already. */
      readonly assigned: readonly PartitionKey[] | null;
    }
  | { readonly kind: 'left' }
  | { readonly kind: 'committed'; readonly refused: readonly RefusedCommit[] }
  | { readonly kind: 'checked' };

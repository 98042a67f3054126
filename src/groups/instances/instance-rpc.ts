import type { OffsetCommit, RefusedCommit } from '../committed-offset.ts';
import type { GroupRef } from '../group-ref.ts';
import type { AssignedPartition } from '../group-rpc.ts';
import type { GroupSubscription } from '../group-state.ts';
import type { InstanceConfig, InstancePosition, NamedPartition } from './consumer-instance.ts';

/** What is asked of a consumer instance. Every one keeps it alive. */
export type InstanceCommand =
  | { readonly kind: 'create'; readonly config: InstanceConfig }
  /** Only to see it. */
  | { readonly kind: 'describe' }
  /** It is about to read: commits what it has read before, if it does so by itself. */
  | { readonly kind: 'poll' }
  /** It has read so far; `version` is the one that the read began with. */
  | { readonly kind: 'advance'; readonly version: number; readonly positions: readonly InstancePosition[] }
  | { readonly kind: 'subscribe'; readonly subscription: GroupSubscription }
  | { readonly kind: 'assign'; readonly partitions: readonly NamedPartition[] }
  | { readonly kind: 'unsubscribe' }
  | { readonly kind: 'seek'; readonly positions: readonly InstancePosition[] }
  /** Null commits all that was read. */
  | { readonly kind: 'commit'; readonly commits: readonly OffsetCommit[] | null }
  | { readonly kind: 'delete' };

export type InstanceRequest = { readonly ref: GroupRef; readonly name: string; readonly command: InstanceCommand };

/** A partition the instance has, and where it reads on; null when nobody has read it yet. */
export type InstancePartition = AssignedPartition & { readonly from: number | null };

/** The instance after a command. */
export type InstanceView = {
  readonly name: string;
  readonly config: InstanceConfig;
  readonly version: number;
  readonly subscription: GroupSubscription | null;
  /** The topics it subscribes to by name or that its pattern matches, in name order. */
  readonly topics: readonly string[];
  readonly partitions: readonly InstancePartition[];
  /** The member it is in the group while it subscribes, or null. */
  readonly member: { readonly memberId: string; readonly memberEpoch: number } | null;
  /** Of a commit: what was not committed. */
  readonly refused: readonly RefusedCommit[];
};

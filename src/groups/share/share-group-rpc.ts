import type { Result } from '../../errors/result.ts';
import type { ShareGroupConfig } from './share-config.ts';
import type { ShareGroupRef } from './share-ref.ts';

/** A share group as its object knows it: enough to call its partitions. */
export type ShareGroup = {
  readonly groupId: string;
  /** New each time a group of this name is founded. */
  readonly shareGroupId: string;
  readonly config: ShareGroupConfig;
  readonly configVersion: number;
  readonly createdAtMs: number;
};

/** A topic that the group reads, or has read. */
export type ShareTopic = {
  readonly topic: string;
  readonly topicId: string;
  readonly partitionCount: number;
  /**
   * How many partitions the group has begun: those beyond were added later and are read from their beginning. 0 until
   * every partition of the topic has its start.
   */
  readonly begunPartitionCount: number;
};

export type SharePlace = { readonly topic: string; readonly topicId: string; readonly partition: number };

export type ShareHeartbeatRequest = {
  readonly ref: ShareGroupRef;
  /** Null for a caller that is no member: it is served, but nothing is kept for it. */
  readonly memberId: string | null;
  readonly clientId: string;
  /** Names of topics; those that do not exist are left out of the answer. */
  readonly topics: readonly string[];
};

export type ShareHeartbeatReply = {
  readonly group: ShareGroup;
  readonly topics: readonly ShareTopic[];
  /** The partitions a member is to look at first, so that members spread; the others are looked at after them. */
  readonly preferred: readonly SharePlace[];
  readonly sessionTimeoutMs: number;
};

export type ShareMemberDescription = {
  readonly memberId: string;
  readonly clientId: string;
  readonly topics: readonly string[];
  readonly preferred: readonly SharePlace[];
};

export type ShareGroupDescription = {
  readonly group: ShareGroup;
  readonly state: 'empty' | 'stable';
  readonly members: readonly ShareMemberDescription[];
  readonly topics: readonly ShareTopic[];
};

/** What a config change sets; what it does not name stays. */
export type ShareConfigChange = Partial<ShareGroupConfig>;

/** The verbs of a share group's object. */
export interface ShareGroupRpc {
  /** Founds the group, or answers the one that is there; `isNew` says which. */
  create(ref: ShareGroupRef, config: ShareConfigChange): Promise<Result<{ group: ShareGroup; isNew: boolean }>>;
  alter(ref: ShareGroupRef, change: ShareConfigChange): Promise<Result<ShareGroup>>;
  find(ref: ShareGroupRef): Promise<Result<ShareGroup>>;
  /** Keeps a member alive, and founds the group if there is none. */
  heartbeat(request: ShareHeartbeatRequest): Promise<Result<ShareHeartbeatReply>>;
  /** Every partition of these topics has its start now. */
  begun(ref: ShareGroupRef, shareGroupId: string, topics: readonly ShareTopic[]): Promise<Result<null>>;
  leave(ref: ShareGroupRef, memberId: string): Promise<Result<null>>;
  describe(ref: ShareGroupRef): Promise<Result<ShareGroupDescription>>;
  /** NON_EMPTY_GROUP while it has members. */
  delete(ref: ShareGroupRef): Promise<Result<null>>;
}

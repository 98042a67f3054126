import type { Failure, Result } from '../errors/result.ts';
import type { TransactionClaim, TransactionMarker } from '../log/transactions/transaction-marker.ts';
import type { GroupProtocol } from '../topics/catalog-rpc.ts';
import type { ClassicReply, ClassicRequest } from './classic/classic-rpc.ts';
import type { OffsetCommit, RefusedCommit, TopicPartition } from './committed-offset.ts';
import type { ConsumerReply, ConsumerRequest } from './consumer/consumer-rpc.ts';
import type { GroupRef } from './group-ref.ts';
import type { GroupPhase, GroupSubscription } from './group-state.ts';
import type { InstanceRequest, InstanceView } from './instances/instance-rpc.ts';
import type { Held, MemberClaim, MemberWish } from './membership.ts';

/** A sign of life: it joins with epoch 0, and carries what was read and may be committed. */
export type HeartbeatRequest = {
  readonly ref: GroupRef;
  /** Chosen by the caller, so that a call whose answer was lost can be repeated. */
  readonly memberId: string;
  readonly instanceId: string | null;
  /** 0 joins. */
  readonly memberEpoch: number;
  /** What the member wants; it must be there to join, and null means unchanged afterwards. */
  readonly wish: MemberWish | null;
  readonly clientId: string;
  /** The relay that holds the member's socket, or null. */
  readonly relay: string | null;
  readonly commits: readonly OffsetCommit[];
  /** Whether a member that is not known any more joins again at once, without its commits. */
  readonly mayRejoin: boolean;
  /** Of members that report what they hold, who may also subscribe to nothing yet. Default `as-told`. */
  readonly held?: Held;
};

/** A partition that a member was granted. */
export type AssignedPartition = TopicPartition & {
  readonly topicId: string;
  /** The committed offset, or null when nothing was committed. */
  readonly offset: number | null;
  /**
   * True while the offset is part of a transaction that is not decided yet: who has no position of its own in the
   * partition begins there only once it is.
   */
  readonly isPending: boolean;
  /** True when it was added after the group first read the topic: its records are then read from the beginning. */
  readonly isAdded: boolean;
};

export type HeartbeatReply = {
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly assigned: readonly AssignedPartition[];
  /** What was taken back with this epoch, or with an earlier one that was not confirmed yet. */
  readonly revoked: readonly TopicPartition[];
  readonly refused: readonly RefusedCommit[];
  /** Why the member had to join again, in which case nothing was committed; null otherwise. */
  readonly rejoinedAfter: Failure | null;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
};

/** Where a partition without a committed offset was begun to be read: kept, so that a crash does not move it. */
export type FirstOffset = TopicPartition & { readonly topicId: string; readonly offset: number };

/** Where a reset moves a partition's offset; null takes the offset back, as if nothing had ever been committed. */
export type ResetOffset = TopicPartition & { readonly topicId: string; readonly offset: number | null };

/** The reset as it is kept, or null when it changed nothing. */
export type ResetReply = { readonly resetId: number | null };

/** A reset that can be put back, and what it did. */
export type ResetDescription = {
  readonly resetId: number;
  readonly resetAtMs: number;
  /** The reset that it put back, or null. */
  readonly undoes: number | null;
  readonly changes: readonly (TopicPartition & {
    readonly topicId: string;
    readonly before: number | null;
    readonly after: number | null;
  })[];
};

export type MemberDescription = {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly memberEpoch: number;
  readonly subscription: GroupSubscription;
  readonly assigned: readonly TopicPartition[];
  /** What it is to have in the end; the same as `assigned` once the group is stable. */
  readonly target: readonly TopicPartition[];
};

export type OffsetDescription = TopicPartition & {
  readonly topicId: string;
  readonly offset: number;
  readonly metadata: string;
  readonly leaderEpoch: number;
  readonly committedAtMs: number;
  /** The member that reads it, or null. */
  readonly memberId: string | null;
};

export type GroupDescription = {
  readonly groupId: string;
  readonly state: GroupPhase;
  /** Who assigns: the group's members among themselves, or the server; null while it never had members. */
  readonly protocol: GroupProtocol | null;
  /** Of the classic protocol, the generation. */
  readonly groupEpoch: number;
  /** Of the classic protocol, what the clients call theirs. */
  readonly assignor: string;
  readonly members: readonly MemberDescription[];
  readonly offsets: readonly OffsetDescription[];
  /** Partitions whose offsets are part of transactions that are not decided yet. */
  readonly pending: readonly TopicPartition[];
  /** The topics it subscribes to or has offsets of. */
  readonly topics: readonly { readonly topic: string; readonly topicId: string; readonly partitionCount: number }[];
};

export type LeaveRequest = {
  readonly ref: GroupRef;
  readonly claim: MemberClaim;
  readonly commits: readonly OffsetCommit[];
  /** A static member that means to come back: its partitions wait for it until its session ends. */
  readonly isAway: boolean;
};

export type CommitRequest = {
  readonly ref: GroupRef;
  /** Null for a program that is no member, which may commit while the group has none. */
  readonly claim: MemberClaim | null;
  readonly commits: readonly OffsetCommit[];
};

export type TransactionCommitRequest = CommitRequest & {
  /** In which transaction; INVALID_PRODUCER_EPOCH for a producer that was fenced. */
  readonly transaction: TransactionClaim;
};

/** The verbs of a group's object: the only authority on who reads what, and how far the group has come. */
export interface GroupRpc {
  heartbeat(request: HeartbeatRequest): Promise<Result<HeartbeatReply>>;
  /** Resolves as soon as a heartbeat of this member would be told something new, or after `waitMs`. */
  awaitNews(ref: GroupRef, claim: MemberClaim, waitMs: number): Promise<Result<{ readonly hasNews: boolean }>>;
  leave(request: LeaveRequest): Promise<Result<{ readonly refused: readonly RefusedCommit[] }>>;
  /** Founds the group if there is none yet. */
  commit(request: CommitRequest): Promise<Result<{ readonly refused: readonly RefusedCommit[] }>>;
  /**
   * Commits offsets as part of a transaction: they become the group's when it is committed. TRANSACTION_UNVERIFIED when
   * its coordinator has to confirm it first.
   */
  commitInTransaction(
    request: TransactionCommitRequest,
  ): Promise<Result<{ readonly refused: readonly RefusedCommit[] }>>;
  /** Ends a transaction: its offsets become the group's, or never do. May be repeated, however late. */
  writeTxnMarker(ref: GroupRef, marker: TransactionMarker): Promise<Result<null>>;
  /** Keeps where a member began to read, for partitions that have no committed offset. */
  keepFirstOffsets(ref: GroupRef, claim: MemberClaim, firsts: readonly FirstOffset[]): Promise<Result<null>>;
  describe(ref: GroupRef): Promise<Result<GroupDescription>>;
  /**
   * Sets offsets of a group that has no members, and founds it if there is none yet. What it changed is kept, to be put
   * back by another reset, which then names it as `undoes`. NON_EMPTY_GROUP; UNKNOWN_RESOURCE when that one is not kept.
   */
  resetOffsets(ref: GroupRef, offsets: readonly ResetOffset[], undoes: number | null): Promise<Result<ResetReply>>;
  /** The resets that can be put back, the newest first. */
  listResets(ref: GroupRef): Promise<Result<readonly ResetDescription[]>>;
  /** Forgets the offsets of a topic, or of one partition. GROUP_SUBSCRIBED_TO_TOPIC. */
  deleteOffsets(ref: GroupRef, topic: string, partition: number | null): Promise<Result<{ readonly deleted: number }>>;
  /** Forgets the group and its offsets. NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. */
  deleteGroup(ref: GroupRef): Promise<Result<null>>;
  /**
   * A consumer instance of the REST Proxy: UNKNOWN_MEMBER_ID when there is none of the name, UNRELEASED_INSTANCE_ID when
   * one is to be created beside it, ILLEGAL_STATE when subscription and assignment do not go together.
   */
  callInstance(request: InstanceRequest): Promise<Result<InstanceView>>;
  /** What a member of Kafka's classic protocol asks for; INCONSISTENT_GROUP_PROTOCOL while there are others. */
  callClassic(request: ClassicRequest): Promise<Result<ClassicReply>>;
  /** What a member of Kafka's consumer protocol (KIP-848) asks for: a member as those that call {@link GroupRpc.heartbeat}. */
  callConsumer(request: ConsumerRequest): Promise<Result<ConsumerReply>>;
}

/** What a relay is told and asked by the groups whose members' sockets it holds. */
export interface GroupRelayRpc {
  /** Members for whom a heartbeat has news. */
  groupChanged(ref: GroupRef, memberIds: readonly string[]): Promise<void>;
  /** Which of these members' sockets are open and were heard of within their session timeout. */
  confirmMembers(ref: GroupRef, memberIds: readonly string[]): Promise<readonly string[]>;
}

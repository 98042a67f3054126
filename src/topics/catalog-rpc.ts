import type { AlertCommand, AlertReply } from '../alerts/alert-command.ts';
import type { Result } from '../errors/result.ts';
import type { ClusterCaps } from '../limits/caps.ts';
import type { PartitionDescription, PartitionGrant } from '../log/partition-rpc.ts';
import type { WrittenSoFar } from '../log/usage/written-so-far.ts';
import type { Witness } from '../log/witness.ts';
import type { HistoryCommand, HistoryReply } from './history-command.ts';
import type { TopicConfig } from './topic-config.ts';

/** Which cluster a call means; the object compares it with its own identity. */
export type ClusterRef = { readonly orgId: string; readonly clusterId: string };

/** What an edge needs to serve a topic, small enough to cache. */
export type TopicRoute = {
  readonly orgId: string;
  readonly clusterId: string;
  readonly topicId: string;
  readonly topic: string;
  readonly partitionCount: number;
  readonly config: TopicConfig;
  readonly configVersion: number;
};

export type TopicDescription = TopicRoute & {
  readonly createdAtMs: number;
  /** Only the keys that were set for this topic; `config` has every key with its value in force. */
  readonly configOverrides: Readonly<Record<string, string>>;
  /** The last report of each partition that made one; only when it was asked for. */
  readonly partitionStatuses?: readonly PartitionStatus[];
};

/** What a partition said about itself when it last reported; it may have grown since. */
export type PartitionStatus = PartitionDescription & { readonly reportedAtMs: number };

export type CreateTopicRequest = {
  readonly topic: string;
  readonly partitionCount?: number;
  /** Kafka's keys with string values, as they arrived. */
  readonly config?: Readonly<Record<string, string>>;
  /** Decide and describe, but change nothing. */
  readonly validateOnly?: boolean;
};

export type AlterTopicRequest = {
  readonly topic: string;
  readonly partitionCount?: number;
  /** A null value resets the key to its default. */
  readonly config?: Readonly<Record<string, string | null>>;
  /** Decide and describe, but change nothing. */
  readonly validateOnly?: boolean;
};

export type ListTopicsRequest = { readonly prefix: string; readonly limit: number; readonly after: string | null };

/** One small report an object an interval while it is awake. */
export type PartitionReport = PartitionDescription & {
  readonly topicId: string;
  /** What its log is held against after its next start; a partition of an older version sends none. */
  readonly witness?: Witness;
  /** What was written since its object started; a partition of an older version does not say. */
  readonly written?: WrittenSoFar;
};

/** A partition that was granted, so that it may have an object. */
export type GrantedPartition = { readonly topic: string; readonly topicId: string; readonly partition: number };

/** A place in the order in which granted partitions are listed. */
export type PartitionKey = { readonly topicId: string; readonly partition: number };

export type ListPartitionsRequest = {
  /** Of this topic; of all topics when it is null. */
  readonly topic: string | null;
  readonly after: PartitionKey | null;
  readonly limit: number;
};

/** Which topics are meant: those of these names or ids that exist, or a page of all whose names begin with `prefix`. */
export type FindTopicsRequest =
  | { readonly names: readonly string[] }
  | { readonly ids: readonly string[] }
  | ListTopicsRequest;

/** What a consumer group needs to know of a topic. */
export type TopicSummary = { readonly topic: string; readonly topicId: string; readonly partitionCount: number };

/** A partition whose log lost records once and goes on in a higher leader epoch; all others are in epoch 0. */
export type RaisedEpoch = { readonly topicId: string; readonly partition: number; readonly leaderEpoch: number };

export type FoundTopics = {
  readonly topics: TopicSummary[];
  readonly next: string | null;
  /** Of the whole cluster, as its partitions told last. */
  readonly raisedEpochs: readonly RaisedEpoch[];
};

/** Consumer groups and share groups have one space of ids, as in Kafka. */
export type GroupKind = 'consumer' | 'share';

/** How a consumer group's partitions are divided: by its members (JoinGroup), or by the server (KIP-848). */
export type GroupProtocol = 'classic' | 'consumer';

/** What a group's object last said about itself; it may have changed since. */
export type GroupSummary = {
  readonly groupId: string;
  readonly kind: GroupKind;
  /** Of a consumer group; null while it never had members, and for share groups. */
  readonly protocol: GroupProtocol | null;
  /** `empty`, `reconciling` or `stable`. */
  readonly state: string;
  readonly memberCount: number;
};

export type ListGroupsRequest = ListTopicsRequest & { readonly kind: GroupKind };

/** What is left of a cluster that is being ended. */
export type ClusterRemains = {
  /** Those whose partitions are still being deleted too. */
  readonly topics: number;
  /** Those that the next call deletes. */
  readonly openTopics: number;
  /** The first of them. */
  readonly groups: readonly GroupSummary[];
  readonly transactionalIds: readonly string[];
  readonly endingSinceMs: number;
};

/** The verbs of a cluster's object: the only authority on which topics exist. */
export interface CatalogRpc {
  /** Makes the object the cluster's, before anything can be asked of it: only the organization's object says so. */
  found(cluster: ClusterRef, caps?: ClusterCaps): Promise<Result<null>>;
  /**
   * Ends the cluster: from the first call on nothing new is made in it, each call deletes some more of its topics, and
   * whoever calls deletes the groups and transactional ids that are answered. Only the organization's object says so.
   */
  end(cluster: ClusterRef): Promise<Result<ClusterRemains>>;
  createTopic(cluster: ClusterRef, request: CreateTopicRequest): Promise<Result<TopicDescription>>;
  /** Looks a topic up by name; with `partitions`, also what its partitions last reported, without waking them. */
  describeTopic(cluster: ClusterRef, topic: string, include?: 'partitions'): Promise<Result<TopicDescription>>;
  /** Topics in name order, starting after `after`; `next` is null at the end. */
  listTopics(
    cluster: ClusterRef,
    request: ListTopicsRequest,
  ): Promise<Result<{ topics: TopicDescription[]; next: string | null }>>;
  alterTopic(cluster: ClusterRef, request: AlterTopicRequest): Promise<Result<TopicDescription>>;
  deleteTopic(cluster: ClusterRef, topic: string): Promise<Result<null>>;
  /** Issues the signed grant of one partition, and remembers that it exists so that config and deletion reach it. */
  grantPartition(cluster: ClusterRef, topicId: string, partition: number): Promise<Result<PartitionGrant>>;
  /** A fresh producer id, epoch 0 (Kafka's InitProducerId without a transactional id). */
  allocateProducerId(cluster: ClusterRef): Promise<Result<{ producerId: number; producerEpoch: number }>>;
  reportPartitions(cluster: ClusterRef, reports: readonly PartitionReport[]): Promise<Result<null>>;
  /** Partitions that may have an object, without waking them; `next` is null at the end. */
  listPartitions(
    cluster: ClusterRef,
    request: ListPartitionsRequest,
  ): Promise<Result<{ partitions: GrantedPartition[]; next: PartitionKey | null }>>;
  /**
   * Partitions whose upkeep is overdue by what they last reported, or that were not heard of for long: whoever calls
   * this wakes them. Each is given out again only after some minutes.
   */
  takeOverduePartitions(cluster: ClusterRef): Promise<Result<{ partitions: GrantedPartition[] }>>;
  /** Topics in name order; those that do not exist are left out. `next` is null at the end of a listing. */
  findTopics(cluster: ClusterRef, request: FindTopicsRequest): Promise<Result<FoundTopics>>;
  /**
   * Enters a group in the cluster's list, before its object stores anything. May be repeated. LIMIT_REACHED;
   * INCONSISTENT_GROUP_PROTOCOL when a group of the other kind has the id.
   */
  registerGroup(cluster: ClusterRef, groupId: string, kind: GroupKind): Promise<Result<null>>;
  /** Takes a group out of the list; one that is not in it is fine, and one of the other kind stays. */
  unregisterGroup(cluster: ClusterRef, groupId: string, kind: GroupKind): Promise<Result<null>>;
  /** Keeps what a group says about itself, and enters it if it is missing. */
  reportGroup(cluster: ClusterRef, report: GroupSummary): Promise<Result<null>>;
  /** Groups in the order of their ids, starting after `after`, without waking them. */
  listGroups(
    cluster: ClusterRef,
    request: ListGroupsRequest,
  ): Promise<Result<{ groups: GroupSummary[]; next: string | null }>>;
  /** Enters a transactional id in the cluster's list, before its coordinator stores anything. May be repeated. LIMIT_REACHED. */
  registerTransactionalId(cluster: ClusterRef, transactionalId: string): Promise<Result<null>>;
  /** Takes a transactional id out of the list; one that is not in it is fine. */
  unregisterTransactionalId(cluster: ClusterRef, transactionalId: string): Promise<Result<null>>;
  /** Transactional ids whose coordinators are due to be woken: whoever calls this wakes them. */
  takeTransactionalIds(cluster: ClusterRef): Promise<Result<{ transactionalIds: string[] }>>;
  /** Transactional ids in their order, starting after `after`, without waking their coordinators. */
  listTransactionalIds(
    cluster: ClusterRef,
    request: ListTopicsRequest,
  ): Promise<Result<{ transactionalIds: string[]; next: string | null }>>;
  /** The latest witness of a partition's log, or null without one; UNKNOWN_TOPIC_ID when its topic was deleted. */
  partitionWitness(cluster: ClusterRef, topicId: string, partition: number): Promise<Result<Witness | null>>;
  /** UNKNOWN_TOPIC_OR_PARTITION and GROUP_ID_NOT_FOUND of what is to be read and is not there. */
  callHistory(cluster: ClusterRef, command: HistoryCommand): Promise<Result<HistoryReply>>;
  /** UNKNOWN_RESOURCE for an alert that is not there; LIMIT_REACHED where there are too many. */
  callAlerts(cluster: ClusterRef, command: AlertCommand): Promise<Result<AlertReply>>;
}

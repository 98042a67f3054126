import type { AlertCommand, AlertReply } from '../alerts/alert-command.ts';
import type { AlertPorts } from '../alerts/alerts.ts';
import { assert } from '../errors/assert.ts';
import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { type Caps, type ClusterCaps, capsInCluster } from '../limits/caps.ts';
import type { PartitionGrant } from '../log/partition-rpc.ts';
import type { Witness } from '../log/witness.ts';
import { isInitialized, openSchema } from '../platform/migrations.ts';
import type { Signer } from '../platform/signer.ts';
import {
  checkListTopics,
  decideAlterTopic,
  decideCreateTopic,
  summaryOf,
  type Topic,
  unknownTopicId,
} from './catalog-decisions.ts';
import type {
  AlterTopicRequest,
  CatalogRpc,
  ClusterRef,
  ClusterRemains,
  CreateTopicRequest,
  FindTopicsRequest,
  FoundTopics,
  GrantedPartition,
  GroupKind,
  GroupSummary,
  ListGroupsRequest,
  ListPartitionsRequest,
  ListTopicsRequest,
  PartitionKey,
  PartitionReport,
  TopicDescription,
} from './catalog-rpc.ts';
import { catalogMigrations } from './catalog-schema.ts';
import { CatalogStore } from './catalog-store.ts';
import { ClusterAlerts, withoutAlerts } from './cluster-alerts.ts';
import { clusterIsEnding, endSomeTopics, remainsPerAnswer } from './cluster-end.ts';
import { ClusterHistory } from './cluster-history.ts';
import { GroupRegistry } from './group-registry.ts';
import type { HistoryCommand, HistoryReply } from './history-command.ts';
import { PartitionGrants } from './partition-grants.ts';
import { type OutboxPorts, PartitionOutbox } from './partition-outbox.ts';
import { ProducerIds } from './producer-ids.ts';
import { coordinatorSweepPeriodMs, coordinatorsPerSweep, partitionsPerSweep, sweepRetryMs } from './sweep.ts';
import { topicConfigOf } from './topic-config.ts';
import { quoteTopicName } from './topic-name.ts';
import { TransactionalIdRegistry } from './transactional-id-registry.ts';

/** One report a partition of the largest topic; objects send few at a time. */
const maxReportsPerCall = 1_000;

/** After a failure of the outbox itself (its storage, its alarm) the next run waits this long. */
const drainRetryMs = 60_000;

/** Everything the catalog needs of the world. */
export type CatalogPorts = OutboxPorts & {
  readonly signer: Signer;
  /** A new UUID for each topic that is created. */
  readonly newTopicId: () => string;
  /** Whether the object is that of this cluster; one that has no data yet takes its identity from who founds it. */
  readonly isOwn: (cluster: ClusterRef) => boolean;
  /** Told what went wrong in an alarm, which has no caller. */
  readonly reportError: (error: unknown) => void;
  /** What every cluster of the deployment may have at most. */
  readonly operatorCaps: Caps;
  /** How alerts leave. */
  readonly webhooks: Omit<AlertPorts, 'sql' | 'clock' | 'alarm'>;
};

/** The authority on which topics exist, over the private database of the cluster's object. */
export class CatalogService implements CatalogRpc {
  readonly #ports: CatalogPorts;
  readonly #store: CatalogStore;
  readonly #grants: PartitionGrants;
  readonly #outbox: PartitionOutbox;
  readonly #producerIds: ProducerIds;
  readonly #groups: GroupRegistry;
  readonly #transactionalIds: TransactionalIdRegistry;
  readonly #alerts: ClusterAlerts;
  readonly #history: ClusterHistory;
  /** Set when the stored data is of a newer version: every verb answers this then. */
  readonly #refusal: Failed | null;
  #identity: ClusterRef | null = null;

  constructor(ports: CatalogPorts) {
    this.#ports = ports;
    this.#store = new CatalogStore(ports.sql);
    this.#grants = new PartitionGrants(ports, this.#store, () => this.#ownIdentity());
    this.#outbox = new PartitionOutbox(ports, this.#store, {
      refOf: (topicId, partition) => ({ ...this.#ownIdentity(), topicId, partition }),
      grantOf: (topicId, partition) => this.#grants.renew(topicId, partition),
    });
    this.#producerIds = new ProducerIds(ports.sql, this.#store);
    this.#groups = new GroupRegistry(ports.sql, () => this.#caps());
    this.#transactionalIds = new TransactionalIdRegistry(ports.sql, () => this.#caps());
    this.#alerts = new ClusterAlerts({ ...ports.webhooks, ...ports }, this.#store, () => this.#ownIdentity());
    this.#history = new ClusterHistory(ports, this.#store, this.#alerts);
    const opened = openSchema(ports.sql, catalogMigrations);
    this.#refusal = opened.ok ? null : opened;
    if (opened.ok && opened.value) this.#identity = this.#store.loadIdentity();
  }

  async found(cluster: ClusterRef, caps?: ClusterCaps): Promise<Result<null>> {
    if (this.#identity === null && this.#refusal === null) this.#createIdentity(cluster);
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    if (caps !== undefined) this.#ports.sql.transaction(() => this.#store.setCaps(caps));
    return ok(null);
  }

  async end(cluster: ClusterRef): Promise<Result<ClusterRemains>> {
    const refusal = this.#foundOrRefuse(cluster);
    if (refusal !== null) return refusal;
    const ended = endSomeTopics(this.#ports, this.#store, this.#outbox);
    this.#ports.sql.transaction(() => this.#alerts.deleteAll());
    await this.#outbox.arm();
    const page = { prefix: '', after: null, limit: remainsPerAnswer };
    const consumer = this.#groups.list({ ...page, kind: 'consumer' });
    const share = this.#groups.list({ ...page, kind: 'share' });
    const ids = this.#transactionalIds.list(page);
    assert(consumer.ok && share.ok && ids.ok, 'a page of this size may be asked for');
    return ok({
      ...ended,
      groups: [...consumer.value.groups, ...share.value.groups],
      transactionalIds: ids.value.transactionalIds,
    });
  }

  async createTopic(cluster: ClusterRef, request: CreateTopicRequest): Promise<Result<TopicDescription>> {
    const refusal = this.#refuseNew(cluster);
    if (refusal !== null) return refusal;
    return this.#ports.sql.transaction(() => {
      const created = decideCreateTopic(request, {
        collidingName: this.#store.collidingName(request.topic),
        topicCount: this.#store.topicCount(),
        partitionCount: this.#store.partitionCount(),
        caps: this.#caps(),
        topicId: this.#ports.newTopicId(),
        nowMs: this.#ports.clock.nowMs(),
      });
      if (!created.ok) return created;
      if (request.validateOnly !== true) this.#store.insertTopic(created.value);
      return ok(this.#describe(created.value));
    });
  }

  async describeTopic(cluster: ClusterRef, topic: string, include?: 'partitions'): Promise<Result<TopicDescription>> {
    const found = this.#find(cluster, topic);
    if (!found.ok) return found;
    const description = this.#describe(found.value);
    if (include === undefined) return ok(description);
    return ok({ ...description, partitionStatuses: this.#store.partitionStatuses(found.value.topicId) });
  }

  async listTopics(
    cluster: ClusterRef,
    request: ListTopicsRequest,
  ): Promise<Result<{ topics: TopicDescription[]; next: string | null }>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    const checked = checkListTopics(request);
    if (!checked.ok) return checked;
    if (this.#identity === null) return ok({ topics: [], next: null });
    const found = this.#store.topicsAfter(request, request.limit + 1);
    const page = found.slice(0, request.limit);
    const next = found.length > request.limit ? (page.at(-1)?.name ?? null) : null;
    return ok({ topics: page.map((topic) => this.#describe(topic)), next });
  }

  async alterTopic(cluster: ClusterRef, request: AlterTopicRequest): Promise<Result<TopicDescription>> {
    const found = this.#find(cluster, request.topic);
    if (!found.ok) return found;
    const before = found.value;
    const partitions = { partitionCount: this.#store.partitionCount(), caps: this.#caps() };
    const altered = decideAlterTopic(before, request, partitions);
    if (!altered.ok) return altered;
    const after = altered.value;
    if (request.validateOnly === true) return ok(this.#describe(after));
    const isConfigChanged = after.configVersion > before.configVersion;
    this.#ports.sql.transaction(() => {
      if (isConfigChanged || after.partitionCount > before.partitionCount) this.#store.updateTopic(after);
      if (isConfigChanged) this.#outbox.queue(after.topicId, 'configure', after.configVersion);
    });
    await this.#outbox.arm();
    return ok(this.#describe(after));
  }

  async deleteTopic(cluster: ClusterRef, topic: string): Promise<Result<null>> {
    const found = this.#find(cluster, topic);
    if (!found.ok) return found;
    const { topicId, configVersion } = found.value;
    this.#ports.sql.transaction(() => {
      this.#store.markDeleting(topicId);
      this.#outbox.queue(topicId, 'close', configVersion);
      this.#store.removeIfClosed(topicId);
    });
    await this.#outbox.arm();
    return ok(null);
  }

  async grantPartition(cluster: ClusterRef, topicId: string, partition: number): Promise<Result<PartitionGrant>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    if (this.#identity === null) return unknownTopicId(topicId);
    return this.#ports.sql.transaction(() => this.#grants.grant(topicId, partition));
  }

  async allocateProducerId(cluster: ClusterRef): Promise<Result<{ producerId: number; producerEpoch: number }>> {
    const refusal = this.#refuseNew(cluster);
    if (refusal !== null) return refusal;
    return ok({ producerId: this.#producerIds.next(), producerEpoch: 0 });
  }

  async reportPartitions(cluster: ClusterRef, reports: readonly PartitionReport[]): Promise<Result<null>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    if (reports.length > maxReportsPerCall) {
      return failed('INVALID_REQUEST', `A call brings at most ${maxReportsPerCall} reports, not ${reports.length}.`);
    }
    if (this.#identity === null) return ok(null);
    const nowMs = this.#ports.clock.nowMs();
    this.#ports.sql.transaction(() => {
      for (const report of reports) this.#store.storeReport(report, nowMs);
    });
    return ok(null);
  }

  async listPartitions(
    cluster: ClusterRef,
    { topic, after, limit }: ListPartitionsRequest,
  ): Promise<Result<{ partitions: GrantedPartition[]; next: PartitionKey | null }>> {
    const found = topic === null ? null : this.#find(cluster, topic);
    const refusal = found?.ok === false ? found : this.#refuse(cluster);
    if (refusal !== null) return refusal;
    if (this.#identity === null) return ok({ partitions: [], next: null });
    const listed = this.#store.grantedPartitions(found?.ok ? found.value.topicId : null, after, limit + 1);
    const partitions = listed.slice(0, limit);
    const last = partitions.at(-1);
    const hasMore = listed.length > limit && last !== undefined;
    return ok({ partitions, next: hasMore ? { topicId: last.topicId, partition: last.partition } : null });
  }

  async takeOverduePartitions(cluster: ClusterRef): Promise<Result<{ partitions: GrantedPartition[] }>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    if (this.#identity === null) return ok({ partitions: [] });
    const nowMs = this.#ports.clock.nowMs();
    const partitions = this.#ports.sql.transaction(() =>
      this.#store.takeOverdue(nowMs, nowMs + sweepRetryMs, partitionsPerSweep),
    );
    // The cluster's own alarm can be lost as well, and what it has to tell partitions would wait for ever.
    await this.#outbox.arm();
    return ok({ partitions });
  }

  async findTopics(cluster: ClusterRef, request: FindTopicsRequest): Promise<Result<FoundTopics>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    if (this.#identity === null) return ok({ topics: [], next: null, raisedEpochs: [] });
    const raisedEpochs = this.#store.raisedEpochs();
    if ('prefix' in request) {
      const listed = await this.listTopics(cluster, request);
      if (!listed.ok) return listed;
      return ok({ topics: listed.value.topics.map(summaryOf), next: listed.value.next, raisedEpochs });
    }
    if ('names' in request) {
      return ok({ topics: this.#store.summarize(request.names), next: null, raisedEpochs });
    }
    const topics = request.ids.flatMap((topicId) => this.#store.topicById(topicId) ?? []);
    return ok({ topics: topics.map((topic) => summaryOf(this.#describe(topic))), next: null, raisedEpochs });
  }

  async registerGroup(cluster: ClusterRef, groupId: string, kind: GroupKind): Promise<Result<null>> {
    const refusal = this.#refuseNew(cluster);
    return refusal ?? this.#ports.sql.transaction(() => this.#groups.register(groupId, kind));
  }

  async unregisterGroup(cluster: ClusterRef, groupId: string, kind: GroupKind): Promise<Result<null>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    if (this.#identity !== null) this.#ports.sql.transaction(() => this.#groups.unregister(groupId, kind));
    return ok(null);
  }

  async reportGroup(cluster: ClusterRef, report: GroupSummary): Promise<Result<null>> {
    const refusal = this.#foundOrRefuse(cluster);
    if (refusal !== null) return refusal;
    this.#ports.sql.transaction(() => this.#groups.report(report));
    return ok(null);
  }

  async listGroups(
    cluster: ClusterRef,
    request: ListGroupsRequest,
  ): Promise<Result<{ groups: GroupSummary[]; next: string | null }>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    if (this.#identity === null) return ok({ groups: [], next: null });
    return this.#groups.list(request);
  }

  async registerTransactionalId(cluster: ClusterRef, transactionalId: string): Promise<Result<null>> {
    const refusal = this.#refuseNew(cluster);
    return refusal ?? this.#ports.sql.transaction(() => this.#transactionalIds.register(transactionalId));
  }

  async unregisterTransactionalId(cluster: ClusterRef, transactionalId: string): Promise<Result<null>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    if (this.#identity !== null) this.#ports.sql.transaction(() => this.#transactionalIds.unregister(transactionalId));
    return ok(null);
  }

  async takeTransactionalIds(cluster: ClusterRef): Promise<Result<{ transactionalIds: string[] }>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    if (this.#identity === null) return ok({ transactionalIds: [] });
    const nowMs = this.#ports.clock.nowMs();
    const transactionalIds = this.#ports.sql.transaction(() =>
      this.#transactionalIds.takeDue(nowMs, nowMs + coordinatorSweepPeriodMs, coordinatorsPerSweep),
    );
    return ok({ transactionalIds });
  }

  async listTransactionalIds(
    cluster: ClusterRef,
    request: ListTopicsRequest,
  ): Promise<Result<{ transactionalIds: string[]; next: string | null }>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    return this.#identity === null ? ok({ transactionalIds: [], next: null }) : this.#transactionalIds.list(request);
  }

  async partitionWitness(cluster: ClusterRef, topicId: string, partition: number): Promise<Result<Witness | null>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    if (this.#identity === null || this.#store.topicById(topicId) === null) return unknownTopicId(topicId);
    return ok(this.#store.witness(topicId, partition));
  }

  async callHistory(cluster: ClusterRef, command: HistoryCommand): Promise<Result<HistoryReply>> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    const answer = this.#history.call(command);
    if (this.#identity !== null) await this.#alerts.arm();
    return answer;
  }

  async callAlerts(cluster: ClusterRef, command: AlertCommand): Promise<Result<AlertReply>> {
    const refusal = command.kind === 'create' ? this.#refuseNew(cluster) : this.#refuse(cluster);
    if (refusal !== null) return refusal;
    return this.#identity === null ? withoutAlerts(command) : this.#alerts.call(command);
  }

  /** The object's alarm. Never throws: the platform gives up on an alarm that keeps throwing. */
  async runAlarm(): Promise<void> {
    try {
      if (this.#identity !== null) await Promise.all([this.#outbox.drain(), this.#alerts.drain()]);
    } catch (error) {
      this.#ports.reportError(error);
      await this.#ports.alarm.armBy(this.#ports.clock.nowMs() + drainRetryMs).catch(this.#ports.reportError);
    }
  }

  /** Arms the alarm again after a start, in case the object was lost between writing a delivery and arming it. */
  async resume(): Promise<void> {
    if (this.#identity !== null) await Promise.all([this.#outbox.arm(), this.#alerts.arm()]);
  }

  #find(cluster: ClusterRef, name: string): Result<Topic> {
    const refusal = this.#refuse(cluster);
    if (refusal !== null) return refusal;
    const topic = this.#identity === null ? null : this.#store.topicByName(name);
    if (topic !== null) return ok(topic);
    return failed('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic ${quoteTopicName(name)}; create it first.`);
  }

  /** Every verb names its cluster: a mistake anywhere else ends here and not in another cluster's data. */
  #refuse(cluster: ClusterRef): Failed | null {
    if (this.#refusal !== null) return this.#refusal;
    this.#identity ??= this.#storedIdentity();
    const own = this.#identity ?? cluster;
    const isOwn = own.orgId === cluster.orgId && own.clusterId === cluster.clusterId && this.#ports.isOwn(cluster);
    if (isOwn) return null;
    return failed('WRONG_OBJECT', 'This object belongs to another cluster, or to none.');
  }

  /**
   * Asked as long as there is none: an instance that was replaced before the cluster was founded has no storage any
   * more, and would say from memory that topics do not exist.
   */
  #storedIdentity(): ClusterRef | null {
    return isInitialized(this.#ports.sql) ? this.#store.loadIdentity() : null;
  }

  #foundOrRefuse(cluster: ClusterRef): Failed | null {
    const refusal = this.#refuse(cluster);
    if (refusal !== null || this.#identity !== null) return refusal;
    this.#createIdentity(cluster);
    return null;
  }

  /** For what makes something: a cluster that is being ended gets nothing new. */
  #refuseNew(cluster: ClusterRef): Failed | null {
    const refusal = this.#foundOrRefuse(cluster);
    return refusal ?? (this.#store.endingSinceMs() === null ? null : clusterIsEnding);
  }

  #createIdentity({ orgId, clusterId }: ClusterRef): void {
    const identity = { orgId, clusterId };
    this.#ports.sql.transaction(() => this.#store.createIdentity(identity, this.#ports.clock.nowMs()));
    this.#identity = identity;
  }

  #caps(): readonly Caps[] {
    return capsInCluster(this.#ports.operatorCaps, this.#store.loadCaps());
  }

  #ownIdentity(): ClusterRef {
    this.#identity ??= this.#storedIdentity();
    assert(this.#identity !== null, 'a cluster that has topics was founded');
    return this.#identity;
  }

  #describe(topic: Topic): TopicDescription {
    return {
      ...this.#ownIdentity(),
      topicId: topic.topicId,
      topic: topic.name,
      partitionCount: topic.partitionCount,
      config: topicConfigOf(topic.overrides),
      configVersion: topic.configVersion,
      createdAtMs: topic.createdAtMs,
      configOverrides: topic.overrides,
    };
  }
}

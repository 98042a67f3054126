import { DurableObject } from 'cloudflare:workers';
import type { AlertCommand } from '../src/alerts/alert-command.ts';
import { createWebhooks } from '../src/composition.ts';
import type { Result } from '../src/errors/result.ts';
import type { ClusterCaps } from '../src/limits/caps.ts';
import type { PartitionGrant } from '../src/log/partition-rpc.ts';
import type { Witness } from '../src/log/witness.ts';
import { durableCatalogPorts } from '../src/platform/cloudflare/catalog-ports.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import type {
  AlterTopicRequest,
  CatalogRpc,
  ClusterRef,
  CreateTopicRequest,
  FindTopicsRequest,
  GroupKind,
  GroupSummary,
  ListGroupsRequest,
  ListPartitionsRequest,
  ListTopicsRequest,
  PartitionReport,
  TopicDescription,
} from '../src/topics/catalog-rpc.ts';
import { CatalogService } from '../src/topics/catalog-service.ts';
import type { HistoryCommand } from '../src/topics/history-command.ts';

/** A cluster's catalog. Owns nothing but wiring; what it does is in {@link CatalogService}. */
export class Cluster extends DurableObject<Env> implements CatalogRpc {
  readonly #catalog: CatalogService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#catalog = new CatalogService(durableCatalogPorts(ctx, env, createWebhooks(env)));
    // The alarm's storage is asynchronous; nothing is admitted before it is armed for what an earlier life left over.
    void ctx.blockConcurrencyWhile(() => this.#catalog.resume());
  }

  found(cluster: ClusterRef, caps?: ClusterCaps): Promise<Result<null>> {
    return this.#catalog.found(cluster, caps);
  }

  end(cluster: ClusterRef) {
    return this.#catalog.end(cluster);
  }

  createTopic(cluster: ClusterRef, request: CreateTopicRequest) {
    return this.#catalog.createTopic(cluster, request);
  }

  describeTopic(cluster: ClusterRef, topic: string, include?: 'partitions') {
    return this.#catalog.describeTopic(cluster, topic, include);
  }

  listTopics(cluster: ClusterRef, request: ListTopicsRequest) {
    return this.#catalog.listTopics(cluster, request);
  }

  alterTopic(cluster: ClusterRef, request: AlterTopicRequest): Promise<Result<TopicDescription>> {
    return this.#catalog.alterTopic(cluster, request);
  }

  deleteTopic(cluster: ClusterRef, topic: string): Promise<Result<null>> {
    return this.#catalog.deleteTopic(cluster, topic);
  }

  grantPartition(cluster: ClusterRef, topicId: string, partition: number): Promise<Result<PartitionGrant>> {
    return this.#catalog.grantPartition(cluster, topicId, partition);
  }

  allocateProducerId(cluster: ClusterRef): Promise<Result<{ producerId: number; producerEpoch: number }>> {
    return this.#catalog.allocateProducerId(cluster);
  }

  reportPartitions(cluster: ClusterRef, reports: readonly PartitionReport[]): Promise<Result<null>> {
    return this.#catalog.reportPartitions(cluster, reports);
  }

  listPartitions(cluster: ClusterRef, request: ListPartitionsRequest) {
    return this.#catalog.listPartitions(cluster, request);
  }

  takeOverduePartitions(cluster: ClusterRef) {
    return this.#catalog.takeOverduePartitions(cluster);
  }

  findTopics(cluster: ClusterRef, request: FindTopicsRequest) {
    return this.#catalog.findTopics(cluster, request);
  }

  registerGroup(cluster: ClusterRef, groupId: string, kind: GroupKind): Promise<Result<null>> {
    return this.#catalog.registerGroup(cluster, groupId, kind);
  }

  unregisterGroup(cluster: ClusterRef, groupId: string, kind: GroupKind): Promise<Result<null>> {
    return this.#catalog.unregisterGroup(cluster, groupId, kind);
  }

  reportGroup(cluster: ClusterRef, report: GroupSummary): Promise<Result<null>> {
    return this.#catalog.reportGroup(cluster, report);
  }

  listGroups(cluster: ClusterRef, request: ListGroupsRequest) {
    return this.#catalog.listGroups(cluster, request);
  }

  registerTransactionalId(cluster: ClusterRef, transactionalId: string) {
    return this.#catalog.registerTransactionalId(cluster, transactionalId);
  }

  unregisterTransactionalId(cluster: ClusterRef, transactionalId: string) {
    return this.#catalog.unregisterTransactionalId(cluster, transactionalId);
  }

  takeTransactionalIds(cluster: ClusterRef) {
    return this.#catalog.takeTransactionalIds(cluster);
  }

  listTransactionalIds(cluster: ClusterRef, request: ListTopicsRequest) {
    return this.#catalog.listTransactionalIds(cluster, request);
  }

  partitionWitness(cluster: ClusterRef, topicId: string, partition: number): Promise<Result<Witness | null>> {
    return this.#catalog.partitionWitness(cluster, topicId, partition);
  }

  callHistory(cluster: ClusterRef, command: HistoryCommand) {
    return this.#catalog.callHistory(cluster, command);
  }

  callAlerts(cluster: ClusterRef, command: AlertCommand) {
    return this.#catalog.callAlerts(cluster, command);
  }

  override alarm(): Promise<void> {
    return this.#catalog.runAlarm();
  }
}

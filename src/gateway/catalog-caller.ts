import type { AlertCommand } from '../alerts/alert-command.ts';
import type { Result } from '../errors/result.ts';
import type { ClusterCaps } from '../limits/caps.ts';
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
} from '../topics/catalog-rpc.ts';
import type { HistoryCommand } from '../topics/history-command.ts';
import { type RecordAttempt, recordsNothing } from './attempt-recorder.ts';
import { attemptsMax, failureOf, pauseBeforeRetryMs } from './broken-call.ts';

/** What the audit log is told of; null: nothing, since nothing is changed. */
const auditedAlertActions: Readonly<Record<AlertCommand['kind'], string | null>> = {
  create: 'alerts.create',
  alter: 'alerts.alter',
  delete: 'alerts.delete',
  rotateSecret: 'alerts.rotate_secret',
  test: 'alerts.test',
  list: null,
  describe: null,
  history: null,
  preview: null,
  recordBudget: null,
};

/**
 * The cluster's object as an edge calls it: what may be repeated is, when the object was moved or reset under the
 * call, and what may not (creating, deleting) then answers UNKNOWN_OUTCOME.
 */
export class CatalogCaller implements CatalogRpc {
  readonly #connect: () => CatalogRpc;
  readonly #random: () => number;
  readonly #pause: (ms: number) => Promise<void>;
  readonly #recordAttempt: RecordAttempt;

  /** `connect` makes a new stub for each try: one that broke stays broken. */
  constructor(ports: {
    readonly connect: () => CatalogRpc;
    readonly random: () => number;
    readonly pause: (ms: number) => Promise<void>;
    readonly recordAttempt?: RecordAttempt;
  }) {
    this.#connect = ports.connect;
    this.#random = ports.random;
    this.#pause = ports.pause;
    this.#recordAttempt = ports.recordAttempt ?? recordsNothing;
  }

  found(cluster: ClusterRef, caps?: ClusterCaps) {
    return this.#repeat((catalog) => catalog.found(cluster, caps));
  }

  end(cluster: ClusterRef) {
    return this.#repeat((catalog) => catalog.end(cluster));
  }

  async createTopic(cluster: ClusterRef, request: CreateTopicRequest) {
    const recorded = await this.#recordAttempt('topics.create', request.topic);
    if (!recorded.ok) return recorded;
    return this.#once((catalog) => catalog.createTopic(cluster, request));
  }

  describeTopic(cluster: ClusterRef, topic: string, include?: 'partitions') {
    return this.#repeat((catalog) => catalog.describeTopic(cluster, topic, include));
  }

  listTopics(cluster: ClusterRef, request: ListTopicsRequest) {
    return this.#repeat((catalog) => catalog.listTopics(cluster, request));
  }

  async alterTopic(cluster: ClusterRef, request: AlterTopicRequest) {
    const recorded = await this.#recordAttempt('topics.alter', request.topic);
    if (!recorded.ok) return recorded;
    return this.#repeat((catalog) => catalog.alterTopic(cluster, request));
  }

  async deleteTopic(cluster: ClusterRef, topic: string) {
    const recorded = await this.#recordAttempt('topics.delete', topic);
    if (!recorded.ok) return recorded;
    return this.#once((catalog) => catalog.deleteTopic(cluster, topic));
  }

  grantPartition(cluster: ClusterRef, topicId: string, partition: number) {
    return this.#repeat((catalog) => catalog.grantPartition(cluster, topicId, partition));
  }

  /** Repeating it skips an id at most. */
  allocateProducerId(cluster: ClusterRef) {
    return this.#repeat((catalog) => catalog.allocateProducerId(cluster));
  }

  reportPartitions(cluster: ClusterRef, reports: readonly PartitionReport[]) {
    return this.#repeat((catalog) => catalog.reportPartitions(cluster, reports));
  }

  listPartitions(cluster: ClusterRef, request: ListPartitionsRequest) {
    return this.#repeat((catalog) => catalog.listPartitions(cluster, request));
  }

  /** Repeating it may give out others; those of a lost answer are given out again later. */
  takeOverduePartitions(cluster: ClusterRef) {
    return this.#repeat((catalog) => catalog.takeOverduePartitions(cluster));
  }

  findTopics(cluster: ClusterRef, request: FindTopicsRequest) {
    return this.#repeat((catalog) => catalog.findTopics(cluster, request));
  }

  registerGroup(cluster: ClusterRef, groupId: string, kind: GroupKind) {
    return this.#repeat((catalog) => catalog.registerGroup(cluster, groupId, kind));
  }

  unregisterGroup(cluster: ClusterRef, groupId: string, kind: GroupKind) {
    return this.#repeat((catalog) => catalog.unregisterGroup(cluster, groupId, kind));
  }

  reportGroup(cluster: ClusterRef, report: GroupSummary) {
    return this.#repeat((catalog) => catalog.reportGroup(cluster, report));
  }

  listGroups(cluster: ClusterRef, request: ListGroupsRequest) {
    return this.#repeat((catalog) => catalog.listGroups(cluster, request));
  }

  registerTransactionalId(cluster: ClusterRef, transactionalId: string) {
    return this.#repeat((catalog) => catalog.registerTransactionalId(cluster, transactionalId));
  }

  unregisterTransactionalId(cluster: ClusterRef, transactionalId: string) {
    return this.#repeat((catalog) => catalog.unregisterTransactionalId(cluster, transactionalId));
  }

  takeTransactionalIds(cluster: ClusterRef) {
    return this.#repeat((catalog) => catalog.takeTransactionalIds(cluster));
  }

  listTransactionalIds(cluster: ClusterRef, request: ListTopicsRequest) {
    return this.#repeat((catalog) => catalog.listTransactionalIds(cluster, request));
  }

  partitionWitness(cluster: ClusterRef, topicId: string, partition: number) {
    return this.#repeat((catalog) => catalog.partitionWitness(cluster, topicId, partition));
  }

  /** What is changed is written down first; what makes something or sends something is asked for once. */
  async callAlerts(cluster: ClusterRef, command: AlertCommand) {
    const action = auditedAlertActions[command.kind];
    if (action !== null) {
      const named = command.kind === 'create' ? command.settings.name : 'alertId' in command ? command.alertId : '';
      const recorded = await this.#recordAttempt(action, named);
      if (!recorded.ok) return recorded;
    }
    const isRepeatable = !['create', 'delete', 'rotateSecret', 'test'].includes(command.kind);
    const call = (catalog: CatalogRpc) => catalog.callAlerts(cluster, command);
    return isRepeatable ? this.#repeat(call) : this.#once(call);
  }

  callHistory(cluster: ClusterRef, command: HistoryCommand) {
    return this.#repeat((catalog) => catalog.callHistory(cluster, command));
  }

  async #once<T>(attempt: (catalog: CatalogRpc) => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await attempt(this.#connect());
    } catch (thrown) {
      return failureOf(thrown, 'cluster', 'Look whether the topic exists before you retry.');
    }
  }

  async #repeat<T>(attempt: (catalog: CatalogRpc) => Promise<Result<T>>): Promise<Result<T>> {
    let result = await this.#once(attempt);
    for (let tries = 1; tries < attemptsMax && !result.ok && result.error.code === 'UNKNOWN_OUTCOME'; tries += 1) {
      await this.#pause(pauseBeforeRetryMs(tries, this.#random));
      result = await this.#once(attempt);
    }
    return result;
  }
}

import { checkAccess, describable } from '../../authorization/access-check.ts';
import type { Principal } from '../../authorization/principal.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import type { RefusedCommit } from '../../groups/committed-offset.ts';
import type { CommitRequest, GroupRpc } from '../../groups/group-rpc.ts';
import type { ProduceRecord } from '../../json/produce-record.ts';
import type { AppendReply, IdempotencyClaim } from '../../log/partition-rpc.ts';
import type { CatalogRpc, ClusterRef, ListTopicsRequest, TopicRoute } from '../../topics/catalog-rpc.ts';
import type { TransactionRef } from '../../transactions/transaction-ref.ts';
import type {
  TransactionDescription,
  TransactionProducer,
  TransactionRpc,
} from '../../transactions/transaction-rpc.ts';
import type { TransactionPartition } from '../../transactions/transaction-state.ts';
import type { PartitionCaller, TopicRoutes } from '../ports.ts';
import type { Produced, Producer } from '../produce.ts';
import { inWaves } from '../waves.ts';

export type TransactionGatewayPorts = {
  /** On whose behalf: who writes in a transaction needs WRITE on its transactional id. */
  readonly principal: Principal;
  readonly cluster: ClusterRef;
  readonly coordinators: TransactionRpc;
  readonly catalog: Pick<CatalogRpc, 'listTransactionalIds'>;
  readonly routes: TopicRoutes;
  readonly partitions: PartitionCaller;
  readonly producer: Producer;
  readonly groups: Pick<GroupRpc, 'commitInTransaction'>;
};

/** A transaction as its producer names it. */
export type TransactionName = TransactionProducer & { readonly transactionalId: string };

/** Record batches of a client that writes in a transaction, for one partition. */
export type TransactionalAppend = {
  readonly topic: string;
  readonly partition: number;
  /** Checked and marked transactional, all of the producer and epoch of the transaction. */
  readonly batches: Uint8Array;
  /** True for clients of KIP-890, whose first batch adds its partition; others have added it by a call of their own. */
  readonly addsPartition: boolean;
};

/** Transactions, for every door that has them: the coordinator is asked, then partitions and groups. */
export class TransactionGateway {
  readonly #ports: TransactionGatewayPorts;

  constructor(ports: TransactionGatewayPorts) {
    this.#ports = ports;
  }

  /** A producer for a transactional id; `current` is what the caller holds already, or null for a new instance. */
  initProducer(
    transactionalId: string,
    timeoutMs: number,
    current: TransactionProducer | null,
  ): Promise<Result<TransactionProducer>> {
    return this.#writing(transactionalId, (ref) => this.#ports.coordinators.initProducer({ ref, timeoutMs, current }));
  }

  /** Adds partitions by topic name (Kafka's AddPartitionsToTxn). */
  async addPartitions(
    name: TransactionName,
    named: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<Result<{ readonly transactionNumber: number }>> {
    const partitions: TransactionPartition[] = [];
    for (const { topic, partition } of named) {
      const route = await this.#routeOf(topic, partition);
      if (!route.ok) return route;
      partitions.push({ topic, topicId: route.value.topicId, partition });
    }
    return this.#join(name, partitions, []);
  }

  /** Adds a group whose offsets are to be committed with the transaction (Kafka's AddOffsetsToTxn). */
  addGroup(name: TransactionName, groupId: string): Promise<Result<{ readonly transactionNumber: number }>> {
    return this.#join(name, [], [groupId]);
  }

  /** Appends batches as they are. The coordinator is asked only where the partition does not know the transaction yet. */
  async append(name: TransactionName, append: TransactionalAppend): Promise<Result<AppendReply>> {
    const { topic, partition } = append;
    const allowed = this.#checkWrite(topic, name.transactionalId);
    if (!allowed.ok) return allowed;
    const route = await this.#routeOf(topic, partition);
    if (!route.ok) return route;
    const first = await this.#append(route.value, name, append, null);
    if (first.ok || first.error.code !== 'TRANSACTION_UNVERIFIED') return first;
    const partitions = [{ topic, topicId: route.value.topicId, partition }];
    const request = { ref: this.#refOf(name.transactionalId), producer: producerOf(name), partitions, groupIds: [] };
    const { coordinators } = this.#ports;
    const confirmed = append.addsPartition
      ? await coordinators.addParticipants(request)
      : await coordinators.verifyParticipants(request);
    return confirmed.ok ? this.#append(route.value, name, append, confirmed.value.transactionNumber) : confirmed;
  }

  /** Produces records; the partitions they go to are added to the transaction first. */
  async produce(
    name: TransactionName,
    topic: string,
    records: readonly ProduceRecord[],
    claim: IdempotencyClaim | null,
  ): Promise<Result<Produced>> {
    const allowed = this.#checkWrite(topic, name.transactionalId);
    if (!allowed.ok) return allowed;
    return this.#ports.producer.produceRecords(topic, records, claim, async (route, places) => {
      const partitions = places.map((partition) => ({ topic, topicId: route.topicId, partition }));
      const joined = await this.#join(name, partitions, []);
      return joined.ok ? ok({ ...producerOf(name), ...joined.value }) : joined;
    });
  }

  /** Commits offsets of a group with the transaction; the group is added to it first. */
  async commitOffsets(
    name: TransactionName,
    groupId: string,
    { claim, commits }: Pick<CommitRequest, 'claim' | 'commits'>,
  ): Promise<Result<{ readonly refused: readonly RefusedCommit[] }>> {
    const { principal, cluster, groups } = this.#ports;
    const allowed = checkAccess(principal, { operation: 'READ', resourceType: 'GROUP', resourceName: groupId });
    if (!allowed.ok) return allowed;
    const joined = await this.#join(name, [], [groupId]);
    if (!joined.ok) return joined;
    const ref = { orgId: cluster.orgId, clusterId: cluster.clusterId, groupId };
    const transaction = { ...producerOf(name), ...joined.value };
    return groups.commitInTransaction({ ref, claim, commits, transaction });
  }

  /** Decides the transaction; answers what the producer goes on with. */
  end(name: TransactionName, committed: boolean, bumpsEpoch: boolean): Promise<Result<TransactionProducer>> {
    const producer = producerOf(name);
    return this.#writing(name.transactionalId, (ref) =>
      this.#ports.coordinators.endTransaction({ ref, producer, committed, bumpsEpoch }),
    );
  }

  async describe(transactionalId: string): Promise<Result<TransactionDescription>> {
    const allowed = this.#check('DESCRIBE', transactionalId);
    return allowed.ok ? this.#ports.coordinators.describeTransaction(this.#refOf(transactionalId)) : allowed;
  }

  /** Aborts what is under way, for an operator, and fences its producer. */
  abort(transactionalId: string): Promise<Result<TransactionDescription>> {
    return this.#writing(transactionalId, (ref) => this.#ports.coordinators.abortTransaction(ref));
  }

  /** Those that the principal may describe; ids that went away meanwhile are left out. */
  async list(
    request: ListTopicsRequest,
  ): Promise<Result<{ transactions: readonly TransactionDescription[]; next: string | null }>> {
    const { principal, cluster, catalog, coordinators } = this.#ports;
    const listed = await catalog.listTransactionalIds(cluster, request);
    if (!listed.ok) return listed;
    const { transactionalIds, next } = listed.value;
    const shown = describable(principal, 'TRANSACTIONAL_ID', transactionalIds, (transactionalId) => transactionalId);
    const described = await inWaves(shown, (transactionalId) =>
      coordinators.describeTransaction(this.#refOf(transactionalId)),
    );
    return ok({ transactions: described.flatMap((one) => (one.ok ? [one.value] : [])), next });
  }

  #join(
    name: TransactionName,
    partitions: readonly TransactionPartition[],
    groupIds: readonly string[],
  ): Promise<Result<{ readonly transactionNumber: number }>> {
    const producer = producerOf(name);
    return this.#writing(name.transactionalId, (ref) =>
      this.#ports.coordinators.addParticipants({ ref, producer, partitions, groupIds }),
    );
  }

  #append(
    route: TopicRoute,
    name: TransactionName,
    { partition, batches }: TransactionalAppend,
    transactionNumber: number | null,
  ): Promise<Result<AppendReply>> {
    const transaction = { ...producerOf(name), transactionNumber };
    return this.#ports.partitions.call(
      route,
      partition,
      (stub, ref, configVersion) => stub.append({ ref, configVersion, batches, transaction }),
      // A sequence tells a repetition.
      { repeatable: true, changes: true },
    );
  }

  async #routeOf(topic: string, partition: number): Promise<Result<TopicRoute>> {
    const route = await this.#ports.routes.find(topic);
    if (!route.ok || partition < route.value.partitionCount) return route;
    return failed(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `Topic ${topic} has partitions 0 to ${route.value.partitionCount - 1}, not ${partition}.`,
      { partition, partitions: route.value.partitionCount },
    );
  }

  async #writing<T>(transactionalId: string, call: (ref: TransactionRef) => Promise<Result<T>>): Promise<Result<T>> {
    const allowed = this.#check('WRITE', transactionalId);
    return allowed.ok ? call(this.#refOf(transactionalId)) : allowed;
  }

  #checkWrite(topic: string, transactionalId: string): Result<null> {
    const { principal } = this.#ports;
    const allowed = checkAccess(principal, { operation: 'WRITE', resourceType: 'TOPIC', resourceName: topic });
    return allowed.ok ? this.#check('WRITE', transactionalId) : allowed;
  }

  #check(operation: 'WRITE' | 'DESCRIBE', resourceName: string): Result<null> {
    return checkAccess(this.#ports.principal, { operation, resourceType: 'TRANSACTIONAL_ID', resourceName });
  }

  #refOf(transactionalId: string): TransactionRef {
    const { orgId, clusterId } = this.#ports.cluster;
    return { orgId, clusterId, transactionalId };
  }
}

const producerOf = ({ producerId, producerEpoch }: TransactionName): TransactionProducer => ({
  producerId,
  producerEpoch,
});

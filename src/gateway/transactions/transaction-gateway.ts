import { checkAccess, describable } from '../../authorization/access-check.ts';
import type { Principal } from '../../authorization/principal.ts';
import { assert } from '../../errors/assert.ts';
import { type Failure, failed, ok, type Result } from '../../errors/result.ts';
import type { ClassicClaim } from '../../groups/classic/classic-state.ts';
import type { OffsetCommit, RefusedCommit } from '../../groups/committed-offset.ts';
import type { CommitRequest, GroupRpc } from '../../groups/group-rpc.ts';
import type { ProduceRecord } from '../../json/produce-record.ts';
import type { AppendReply, IdempotencyClaim } from '../../log/partition-rpc.ts';
import type { TransactionClaim } from '../../log/transactions/transaction-marker.ts';
import type { CatalogRpc, ClusterRef, ListTopicsRequest, TopicRoute } from '../../topics/catalog-rpc.ts';
import type { TransactionRef } from '../../transactions/transaction-ref.ts';
import type {
  TransactionDescription,
  TransactionProducer,
  TransactionRpc,
} from '../../transactions/transaction-rpc.ts';
import type { TransactionPartition } from '../../transactions/transaction-state.ts';
import type { Produced, Producer } from '../produce.ts';
import { inWaves } from '../waves.ts';
import { type Confirmed, ParticipantConfirmations } from './participant-confirmations.ts';

export type TransactionGatewayPorts = {
  /** On whose behalf: who writes in a transaction needs WRITE on its transactional id. */
  readonly principal: Principal;
  readonly cluster: ClusterRef;
  readonly coordinators: TransactionRpc;
  readonly catalog: Pick<CatalogRpc, 'listTransactionalIds' | 'takeTransactionalIds'>;
  readonly producer: Producer;
  readonly groups: Pick<GroupRpc, 'commitInTransaction' | 'callClassic'>;
};

/** A transaction as its producer names it. */
export type TransactionName = TransactionProducer & { readonly transactionalId: string };

/** Record batches of a client that writes in a transaction, for one partition. */
export type TransactionalAppend = {
  readonly route: TopicRoute;
  readonly partition: number;
  /** Marked transactional, all of the producer and epoch of the transaction. */
  readonly batches: Uint8Array;
  /** True for clients of KIP-890, whose first batch adds its partition; others have added it by a call of their own. */
  readonly addsPartition: boolean;
};

/** Offsets that a Kafka client commits with its transaction. */
export type ClientCommit = {
  readonly groupId: string;
  /** Null for clients of old, which do not say which member of the group they are. */
  readonly claim: ClassicClaim | null;
  readonly commits: readonly OffsetCommit[];
  /** As {@link TransactionalAppend.addsPartition}, of the group. */
  readonly addsGroup: boolean;
};

/** What a sweep of coordinators came to. */
export type CoordinatorSweep = {
  readonly woken: number;
  readonly failures: readonly (Failure & { readonly transactionalId: string })[];
};

/** A transaction that ends between two calls is asked about again; then it is over. */
const confirmationsMax = 2;

/** Transactions, for every door that has them: the coordinator is asked, then partitions and groups. */
export class TransactionGateway {
  readonly #ports: TransactionGatewayPorts;
  readonly #confirmations: ParticipantConfirmations;

  constructor(ports: TransactionGatewayPorts) {
    this.#ports = ports;
    this.#confirmations = new ParticipantConfirmations(ports.coordinators);
  }

  /** A producer for a transactional id; `current` is what the caller holds already, or null for a new instance. */
  initProducer(
    transactionalId: string,
    timeoutMs: number,
    current: TransactionProducer | null,
  ): Promise<Result<TransactionProducer>> {
    return this.#writing(transactionalId, (ref) => this.#ports.coordinators.initProducer({ ref, timeoutMs, current }));
  }

  /** Adds partitions (Kafka's AddPartitionsToTxn), or with `verifyOnly` fails unless all were added before. */
  addPartitions(
    name: TransactionName,
    partitions: readonly TransactionPartition[],
    { verifyOnly }: { readonly verifyOnly: boolean },
  ): Promise<Result<Confirmed>> {
    return this.#writing(name.transactionalId, (ref) =>
      this.#confirmations.ask({ ref, producer: producerOf(name), partitions, groupIds: [] }, !verifyOnly),
    );
  }

  /** Adds a group whose offsets are to be committed with the transaction (Kafka's AddOffsetsToTxn). */
  addGroup(name: TransactionName, groupId: string): Promise<Result<Confirmed>> {
    return this.#join(name, [], [groupId]);
  }

  /** Appends batches as they are. The coordinator is asked only where the partition does not know the transaction yet. */
  async append(
    name: TransactionName,
    { route, partition, batches, addsPartition }: TransactionalAppend,
  ): Promise<Result<AppendReply>> {
    const allowed = this.#check('WRITE', name.transactionalId);
    if (!allowed.ok) return allowed;
    const producer = producerOf(name);
    const taking = { topic: route.topic, topicId: route.topicId, partition };
    const question = { ref: this.#refOf(name.transactionalId), producer, partition: taking, adds: addsPartition };
    let transactionNumber: number | null = null;
    for (let asked = 0; ; asked += 1) {
      const transaction: TransactionClaim = { ...producer, transactionNumber };
      const appended = await this.#ports.producer.appendBatches(route, partition, batches, transaction);
      if (appended.ok || appended.error.code !== 'TRANSACTION_UNVERIFIED') return appended;
      if (asked === confirmationsMax) return endedMeanwhile();
      const confirmed = await this.#confirmations.askAbout(question);
      if (!confirmed.ok) return confirmed;
      transactionNumber = confirmed.value.transactionNumber;
    }
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

  /** Commits offsets as Kafka's clients do, whichever protocol the group's members speak. */
  async commitClientOffsets(
    name: TransactionName,
    { groupId, claim, commits, addsGroup }: ClientCommit,
  ): Promise<Result<{ readonly refused: readonly RefusedCommit[] }>> {
    const { principal, cluster, groups } = this.#ports;
    const allowed = checkAccess(principal, { operation: 'READ', resourceType: 'GROUP', resourceName: groupId });
    if (!allowed.ok) return allowed;
    const confirmed = await this.#writing(name.transactionalId, (ref) =>
      this.#confirmations.ask({ ref, producer: producerOf(name), partitions: [], groupIds: [groupId] }, addsGroup),
    );
    if (!confirmed.ok) return confirmed;
    const ref = { orgId: cluster.orgId, clusterId: cluster.clusterId, groupId };
    const transaction = { ...producerOf(name), ...confirmed.value };
    const command = { kind: 'commitInTransaction', claim, commits, transaction } as const;
    const committed = await groups.callClassic({ ref, command });
    if (committed.ok) {
      assert(committed.value.kind === 'committed', 'who asked to commit is told of that');
      return ok({ refused: committed.value.refused });
    }
    if (claim === null || committed.error.code !== 'UNKNOWN_MEMBER_ID') return committed;
    // Members whose partitions the server assigns (KIP-848) are known to the group by their epochs.
    const { memberId, instanceId, generationId: memberEpoch } = claim;
    return groups.commitInTransaction({ ref, claim: { memberId, instanceId, memberEpoch }, commits, transaction });
  }

  /** Decides the transaction; answers what the producer goes on with. */
  end(name: TransactionName, committed: boolean, bumpsEpoch: boolean): Promise<Result<TransactionProducer>> {
    const { coordinators } = this.#ports;
    const producer = producerOf(name);
    return this.#writing(name.transactionalId, async (ref) => {
      if (bumpsEpoch) return coordinators.endTransaction({ ref, producer, committed, bumpsEpoch });
      // The next transaction will have the same epoch: only its number tells it from the one that is to be ended.
      const described = await coordinators.describeTransaction(ref);
      if (!described.ok && described.error.code !== 'TRANSACTIONAL_ID_NOT_FOUND') return described;
      const number = described.ok ? { transactionNumber: described.value.transactionNumber } : {};
      return coordinators.endTransaction({ ref, producer, committed, bumpsEpoch, ...number });
    });
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

  /** Wakes coordinators, each in its turn: one whose alarm was lost would leave its transaction open for ever. */
  async sweep(): Promise<Result<CoordinatorSweep>> {
    const { cluster, catalog, coordinators } = this.#ports;
    const taken = await catalog.takeTransactionalIds(cluster);
    if (!taken.ok) return taken;
    const maintained = await inWaves(taken.value.transactionalIds, async (transactionalId) => {
      const outcome = await coordinators.maintain(this.#refOf(transactionalId));
      return outcome.ok ? [] : [{ transactionalId, ...outcome.error }];
    });
    return ok({ woken: maintained.length, failures: maintained.flat() });
  }

  #join(
    name: TransactionName,
    partitions: readonly TransactionPartition[],
    groupIds: readonly string[],
  ): Promise<Result<Confirmed>> {
    const producer = producerOf(name);
    return this.#writing(name.transactionalId, (ref) =>
      this.#confirmations.ask({ ref, producer, partitions, groupIds }, true),
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

const endedMeanwhile = () =>
  failed('INVALID_TXN_STATE', 'The transaction ended before its batch came; nothing was stored.');

const producerOf = ({ producerId, producerEpoch }: TransactionName): TransactionProducer => ({
  producerId,
  producerEpoch,
});

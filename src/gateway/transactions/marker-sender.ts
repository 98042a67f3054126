import { failed, ok, type Result } from '../../errors/result.ts';
import type { GroupRpc } from '../../groups/group-rpc.ts';
import type { PartitionRef } from '../../log/partition-ref.ts';
import type { TransactionMarker } from '../../log/transactions/transaction-marker.ts';
import type { CatalogRpc, ClusterRef } from '../../topics/catalog-rpc.ts';
import type { MarkerReceivers } from '../../transactions/marker-delivery.ts';
import type { TransactionPartition } from '../../transactions/transaction-state.ts';
import type { PartitionStub } from '../ports.ts';

export type MarkerSenderPorts = {
  readonly cluster: ClusterRef;
  readonly catalog: Pick<CatalogRpc, 'grantPartition'>;
  readonly groups: Pick<GroupRpc, 'writeTxnMarker'>;
  /** A new stub for each call: one that broke stays broken. */
  readonly partition: (ref: PartitionRef) => Pick<PartitionStub, 'initialize' | 'writeTxnMarker'>;
};

/** Tells partitions and groups what became of a transaction, each by its object. */
export class MarkerSender implements MarkerReceivers {
  readonly #ports: MarkerSenderPorts;

  constructor(ports: MarkerSenderPorts) {
    this.#ports = ports;
  }

  /** A partition that nobody has written to yet is made all the same: it must know the marker before a late batch. */
  async tellPartition({ topicId, partition }: TransactionPartition, marker: TransactionMarker): Promise<Result<null>> {
    const { cluster, catalog } = this.#ports;
    const ref = { orgId: cluster.orgId, clusterId: cluster.clusterId, topicId, partition };
    const told = await this.#ports.partition(ref).writeTxnMarker(ref, marker);
    if (told.ok || told.error.code !== 'GRANT_REQUIRED') return unlessGone(told);
    const granted = await catalog.grantPartition(cluster, topicId, partition);
    // A partition that the topic does not have cannot have taken records either.
    if (!granted.ok) return granted.error.code === 'UNKNOWN_TOPIC_OR_PARTITION' ? ok(null) : unlessGone(granted);
    const made = await this.#ports.partition(ref).initialize(granted.value);
    return unlessGone(made.ok ? await this.#ports.partition(ref).writeTxnMarker(ref, marker) : made);
  }

  tellGroup(groupId: string, marker: TransactionMarker): Promise<Result<null>> {
    const { cluster, groups } = this.#ports;
    return groups.writeTxnMarker({ orgId: cluster.orgId, clusterId: cluster.clusterId, groupId }, marker);
  }
}

/** A topic that was deleted needs no marker: the transaction must be able to end. */
function unlessGone(told: Result<unknown>): Result<null> {
  if (told.ok) return ok(null);
  return told.error.code === 'UNKNOWN_TOPIC_ID'
    ? ok(null)
    : failed(told.error.code, told.error.message, told.error.detail);
}

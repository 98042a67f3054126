import type { Principal } from '../authorization/principal.ts';
import type { QuotaGate } from '../authorization/quota-gate.ts';
import type { AclEdge } from '../gateway/acl-edge.ts';
import type { GroupEdge } from '../gateway/group-edge.ts';
import type { PartitionCaller, TopicRoutes } from '../gateway/ports.ts';
import type { Producer } from '../gateway/produce.ts';
import type { RecordReader } from '../gateway/read.ts';
import type { ShareEdge } from '../gateway/share/share-edge.ts';
import type { TopicsById } from '../gateway/topics-by-id.ts';
import type { TransactionGateway } from '../gateway/transactions/transaction-gateway.ts';
import type { Upkeep } from '../gateway/upkeep.ts';
import type { UsageMeter } from '../gateway/usage/edge-usage.ts';
import type { Clock } from '../platform/clock.ts';
import type { CatalogRpc, ClusterRef } from '../topics/catalog-rpc.ts';

/** Everything a handler may call: the same gateway that the other doors use. */
export type KafkaServices = {
  /** Who speaks on the connection: everything is done on their behalf. */
  readonly principal: Principal;
  readonly cluster: ClusterRef;
  readonly catalog: CatalogRpc;
  readonly routes: TopicRoutes;
  readonly topicsById: TopicsById;
  readonly partitions: PartitionCaller;
  readonly producer: Producer;
  readonly reader: RecordReader;
  /** Reads on behalf of nobody: of what it reads a caller is shown the time and never a record. */
  readonly platformReader: RecordReader;
  readonly upkeep: Upkeep;
  readonly groups: GroupEdge;
  readonly shares: ShareEdge;
  readonly transactions: TransactionGateway;
  /** Null on an open platform, which has none. */
  readonly acls: AclEdge | null;
  readonly clock: Clock;
  readonly quotas: QuotaGate;
  readonly usage: UsageMeter;
  readonly pause: (ms: number) => Promise<void>;
};

/** A broker as clients are told of it; behind all of them is the same platform. */
export type Broker = { readonly nodeId: number; readonly host: string; readonly port: number };

/** The brokers that a connection is told of, at least one, in the order of their ids. */
export type BrokerList = readonly [Broker, ...Broker[]];

/** The broker that is shown as the leader of a partition, or as the coordinator of what has this number. */
export function brokerFor(brokers: BrokerList, number: number): Broker {
  return brokers[number % brokers.length]!;
}

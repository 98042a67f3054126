import type { Context } from 'hono';
import type { Principal } from '../authorization/principal.ts';
import type { RecordAttempt } from '../gateway/attempt-recorder.ts';
import type { GroupEdge } from '../gateway/group-edge.ts';
import type { JobEdge } from '../gateway/jobs/job-edge.ts';
import type { PartitionCaller, TopicRoutes } from '../gateway/ports.ts';
import type { Producer } from '../gateway/produce.ts';
import type { RecordReader } from '../gateway/read.ts';
import type { ShareEdge } from '../gateway/share/share-edge.ts';
import type { TenancyEdge } from '../gateway/tenancy-edge.ts';
import type { TransactionGateway } from '../gateway/transactions/transaction-gateway.ts';
import type { Upkeep } from '../gateway/upkeep.ts';
import type { ConnectionDoor } from '../kafka/connection-door.ts';
import type { Clock } from '../platform/clock.ts';
import type { RelayDoor } from '../relay/ports.ts';
import type { CatalogRpc, ClusterRef } from '../topics/catalog-rpc.ts';
import type { Arrival } from './platform.ts';
import type { CountSent } from './sent-records.ts';

/**
 * Everything a route may call on behalf of one principal. It is made for the request once it is known who asks, and
 * routes read it as `c.env`.
 */
export type Services = {
  /** On whose behalf everything here is done. */
  readonly principal: Principal;
  /** The principal's cluster. */
  readonly cluster: ClusterRef;
  readonly catalog: CatalogRpc;
  readonly routes: TopicRoutes;
  readonly partitions: PartitionCaller;
  readonly producer: Producer;
  readonly reader: RecordReader;
  /** Reads on behalf of nobody: of what it reads a caller is shown the time and never a record. */
  readonly platformReader: RecordReader;
  readonly upkeep: Upkeep;
  readonly groups: GroupEdge;
  readonly shares: ShareEdge;
  readonly transactions: TransactionGateway;
  readonly jobs: JobEdge;
  readonly relays: RelayDoor;
  readonly tenancy: TenancyEdge;
  /** Asked before anything of the control plane is changed that the catalog does not change. */
  readonly recordAttempt: RecordAttempt;
  readonly connections: ConnectionDoor;
  readonly clock: Clock;
  /** The platform's own version, as `GET /` and the OpenAPI document show it. */
  readonly version: string;
};

/** The router's view of a request; who asks is found out where a route was found. */
export type ApiEnv = { Bindings: Arrival };

/** A request that was let in, as its handler sees it. */
export type ApiContext = Pick<Context<ApiEnv>, 'req' | 'executionCtx'> & {
  readonly env: Services;
  /** Counts so many bytes against quotas of fetched bytes, in place of those that the answer has. */
  readonly chargeAnswer: (bytes: number) => void;
  readonly sent: CountSent;
};

/** One route: it answers every request it is given, failures included; only bugs are thrown. */
export type Handler = (c: ApiContext) => Response | Promise<Response>;

import type { Context } from 'hono';
import type { GroupEdge } from '../gateway/group-edge.ts';
import type { PartitionCaller, TopicRoutes } from '../gateway/ports.ts';
import type { Producer } from '../gateway/produce.ts';
import type { RecordReader } from '../gateway/read.ts';
import type { ShareEdge } from '../gateway/share/share-edge.ts';
import type { Upkeep } from '../gateway/upkeep.ts';
import type { Clock } from '../platform/clock.ts';
import type { RelayDoor } from '../relay/ports.ts';
import type { CatalogRpc, ClusterRef } from '../topics/catalog-rpc.ts';

/**
 * Everything a route may call. The Worker builds it once an isolate and hands it to `app.fetch(request, services)`:
 * it travels as Hono's bindings, so that no middleware runs on the hot path, and routes read it as `c.env`.
 */
export type Services = {
  /** The cluster this request means; the open local platform has one. */
  readonly cluster: ClusterRef;
  readonly catalog: CatalogRpc;
  readonly routes: TopicRoutes;
  readonly partitions: PartitionCaller;
  readonly producer: Producer;
  readonly reader: RecordReader;
  readonly upkeep: Upkeep;
  readonly groups: GroupEdge;
  readonly shares: ShareEdge;
  readonly relays: RelayDoor;
  readonly clock: Clock;
  /** The platform's own version, as `GET /` and the OpenAPI document show it. */
  readonly version: string;
};

export type ApiEnv = { Bindings: Services };

export type ApiContext = Context<ApiEnv>;

/** One route: it answers every request it is given, failures included; only bugs are thrown. */
export type Handler = (c: ApiContext) => Response | Promise<Response>;

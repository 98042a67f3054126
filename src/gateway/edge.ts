import { type Principal, platformPrincipal } from '../authorization/principal.ts';
import type { BlobStore } from '../platform/blob-store.ts';
import type { Clock } from '../platform/clock.ts';
import type { CatalogRpc, ClusterRef } from '../topics/catalog-rpc.ts';
import { type RecordAttempt, recordsNothing } from './attempt-recorder.ts';
import { CatalogCaller } from './catalog-caller.ts';
import { DirectPartitionCaller } from './partition-caller.ts';
import type { ObjectDirectory, PartitionCaller, TopicRoutes } from './ports.ts';
import { Producer, type StickyPartitioners } from './produce.ts';
import { RecordReader } from './read.ts';
import { TieredMemory, TieredReader } from './tiered-reader.ts';
import { type CachedRoute, TopicRouteCache } from './topic-route-cache.ts';
import { Upkeep } from './upkeep.ts';

/** What an edge remembers between requests: caches only, nothing that is data. */
export class EdgeMemory {
  readonly routes = new Map<string, CachedRoute>();
  readonly sticky: StickyPartitioners = new Map();
  readonly tiered = new TieredMemory();
}

export type EdgePorts = {
  /** On whose behalf records are read and written. */
  readonly principal: Principal;
  readonly directory: ObjectDirectory;
  readonly cluster: ClusterRef;
  /** Where tiered segments are. */
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly memory: EdgeMemory;
  /** Absent where nothing is changed on anybody's behalf. */
  readonly recordAttempt?: RecordAttempt;
};

/** One cluster as an edge (a Worker's request, a relay's object) reaches it. */
export type Edge = {
  readonly catalog: CatalogRpc;
  readonly routes: TopicRoutes;
  readonly partitions: PartitionCaller;
  readonly producer: Producer;
  readonly tiered: TieredReader;
  readonly reader: RecordReader;
  /** Reads on behalf of nobody: of what it reads a caller is shown the time and never a record. */
  readonly platformReader: RecordReader;
  readonly upkeep: Upkeep;
  /** Asked before what changes the control plane; the catalog asks it itself. */
  readonly recordAttempt: RecordAttempt;
};

/** Puts the gateway together over the objects of a deployment. */
export function createEdge(ports: EdgePorts): Edge {
  const { principal, directory, cluster, blobs, clock, random, pause, memory, recordAttempt = recordsNothing } = ports;
  const catalog = new CatalogCaller({ connect: () => directory.catalog(cluster), random, pause, recordAttempt });
  const routes = new TopicRouteCache(catalog, cluster, clock, memory.routes);
  const partitions = new DirectPartitionCaller({ directory, catalog, routes, random, pause });
  const producer = new Producer({ principal, routes, partitions, clock, random, sticky: memory.sticky });
  const tiered = new TieredReader({ blobs, clock, memory: memory.tiered, pause });
  const reader = new RecordReader({ principal, routes, partitions, tiered });
  const platformReader = new RecordReader({ principal: platformPrincipal(cluster), routes, partitions, tiered });
  const upkeep = new Upkeep({ catalog, cluster, routes, partitions, clock });
  return { catalog, routes, partitions, producer, tiered, reader, platformReader, upkeep, recordAttempt };
}

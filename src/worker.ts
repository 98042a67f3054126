import { WorkerEntrypoint } from 'cloudflare:workers';
import { createApp } from './api/app.ts';
import type { Services } from './api/services.ts';
import { DirectPartitionCaller } from './gateway/partition-caller.ts';
import { Producer, type StickyPartitioners } from './gateway/produce.ts';
import { RecordReader } from './gateway/read.ts';
import { type CachedRoute, TopicRouteCache } from './gateway/topic-route-cache.ts';
import { systemClock } from './platform/clock.ts';
import type { Env } from './platform/cloudflare/env.ts';
import { DurableObjectDirectory } from './platform/cloudflare/object-directory.ts';
import { DurableRelayDoor } from './platform/cloudflare/relay-door.ts';
import { relayShardCount } from './relay/relay-limits.ts';
import { localCluster } from './topics/local-cluster.ts';

export { Cluster } from '../durable-objects/cluster.ts';
export { Partition } from '../durable-objects/partition.ts';
export { Relay } from '../durable-objects/relay.ts';

const app = createApp();

/** What outlives a request in this isolate: caches only, nothing that is data. */
const cachedRoutes = new Map<string, CachedRoute>();
const stickyPartitioners: StickyPartitioners = new Map();

function createServices(env: Env): Services {
  const directory = new DurableObjectDirectory(env);
  const cluster = localCluster;
  const catalog = directory.catalog(cluster);
  const routes = new TopicRouteCache(catalog, cluster, systemClock, cachedRoutes);
  const random = Math.random;
  const partitions = new DirectPartitionCaller({ directory, routes, random, pause: (ms) => scheduler.wait(ms) });
  return {
    cluster,
    catalog,
    routes,
    partitions,
    producer: new Producer({ routes, partitions, clock: systemClock, random, sticky: stickyPartitioners }),
    reader: new RecordReader({ routes, partitions }),
    relays: new DurableRelayDoor(env, cluster, relayShardCount),
    clock: systemClock,
    version: env.MILLRACE_VERSION,
  };
}

/** The door of the local platform: a named entrypoint, so that the launcher gives it a port of its own. */
export class Main extends WorkerEntrypoint<Env> {
  override fetch(request: Request): Promise<Response> {
    return app.fetch(request, createServices(this.env), this.ctx);
  }
}

/** The door of a deployment. */
export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    return app.fetch(request, createServices(env), context);
  },
} satisfies ExportedHandler<Env>;

import { WorkerEntrypoint } from 'cloudflare:workers';
import { createApp } from './api/app.ts';
import type { Services } from './api/services.ts';
import { createEdge, EdgeMemory } from './gateway/edge.ts';
import { systemClock } from './platform/clock.ts';
import type { Env } from './platform/cloudflare/env.ts';
import { DurableObjectDirectory } from './platform/cloudflare/object-directory.ts';
import { R2BlobStore } from './platform/cloudflare/r2-blob-store.ts';
import { DurableRelayDoor } from './platform/cloudflare/relay-door.ts';
import { relayShardCount } from './relay/relay-limits.ts';
import { localCluster } from './topics/local-cluster.ts';

export { Cluster } from '../durable-objects/cluster.ts';
export { Partition } from '../durable-objects/partition.ts';
export { Relay } from '../durable-objects/relay.ts';

const app = createApp();

const isolateMemory = new EdgeMemory();

function createServices(env: Env): Services {
  const cluster = localCluster;
  const edge = createEdge({
    directory: new DurableObjectDirectory(env),
    cluster,
    blobs: new R2BlobStore(env.SEGMENTS),
    clock: systemClock,
    random: Math.random,
    pause: (ms) => scheduler.wait(ms),
    memory: isolateMemory,
  });
  return {
    ...edge,
    cluster,
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

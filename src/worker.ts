import { WorkerEntrypoint } from 'cloudflare:workers';
import { createApp } from './api/app.ts';
import type { Platform } from './api/platform.ts';
import { fetchRestProxy } from './api/rest-proxy/rest-proxy-door.ts';
import { platformPrincipal } from './authorization/principal.ts';
import {
  createCredentials,
  createKafkaPlatform,
  createQuotaGate,
  createRefusalNote,
  createServices,
  createSessions,
  createTenancy,
  createTokenNote,
  createUsageMeter,
} from './composition.ts';
import { clustersToSweep } from './gateway/cluster-sweep.ts';
import { SessionCredentials } from './gateway/credentials/session-credentials.ts';
import { HistorySweep } from './gateway/history-sweep.ts';
import { openCredentials, openPrincipal } from './gateway/open-credentials.ts';
import { sweepReporting } from './gateway/upkeep.ts';
import { serveKafkaConnection } from './kafka/serve-connection.ts';
import type { Env } from './platform/cloudflare/env.ts';
import { hostOfRequest } from './platform/cloudflare/request-host.ts';
import { brokersOf, hostOfSocket, TcpStream } from './platform/cloudflare/tcp-stream.ts';
import { localCluster } from './topics/local-cluster.ts';

export { Cluster } from '../durable-objects/cluster.ts';
export { Connection } from '../durable-objects/connection.ts';
export { Directory } from '../durable-objects/directory.ts';
export { Group } from '../durable-objects/group.ts';
export { JobRunner } from '../durable-objects/job-runner.ts';
export { Organization } from '../durable-objects/organization.ts';
export { Partition } from '../durable-objects/partition.ts';
export { Relay } from '../durable-objects/relay.ts';
export { ShareGroup } from '../durable-objects/share-group.ts';
export { SharePartition } from '../durable-objects/share-partition.ts';
export { TransactionCoordinator } from '../durable-objects/transaction-coordinator.ts';

const app = createApp();

/** The platform of this Worker. Open mode has one cluster, and everyone may do everything in it. */
function createPlatform(env: Env, context: Pick<ExecutionContext, 'waitUntil'>): Platform {
  return {
    mode: env.MILLRACE_MODE,
    credentials:
      env.MILLRACE_MODE === 'open'
        ? openCredentials
        : new SessionCredentials(
            createSessions(env),
            createCredentials(env, (work) => context.waitUntil(work)),
          ),
    services: (principal) => createServices(env, principal),
    hostOf: hostOfRequest,
    dashboardFiles: dashboardFilesOf(env),
    quotas: createQuotaGate(env, (work) => context.waitUntil(work)),
    usage: createUsageMeter(env, (work) => context.waitUntil(work)),
    refused: createRefusalNote(env, (work) => context.waitUntil(work)),
    handedOut: createTokenNote(env, (work) => context.waitUntil(work)),
  };
}

/** The emulator and a deployment look at the path of the request alone. */
function dashboardFilesOf({ ASSETS }: Env): Platform['dashboardFiles'] {
  return ASSETS === undefined ? null : (path) => ASSETS.fetch(`https://assets.invalid${path}`);
}

/** The door of the local platform: a named entrypoint, so that the launcher gives it a port of its own. */
export class Main extends WorkerEntrypoint<Env> {
  override fetch(request: Request): Promise<Response> {
    return app.fetch(request, createPlatform(this.env, this.ctx), this.ctx);
  }
}

/** The REST Proxy at the root of a port of its own, where clients of the original look for it. */
export class RestProxy extends WorkerEntrypoint<Env> {
  override fetch(request: Request): Promise<Response> {
    return fetchRestProxy(request, createPlatform(this.env, this.ctx), this.ctx);
  }
}

/** The door of a deployment. */
export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    return app.fetch(request, createPlatform(env, context), context);
  },
  /** The Kafka door of the local platform: the runtime's own TCP ports, which a deployment does not offer yet. */
  async connect(socket: Socket, env: Env, context: ExecutionContext): Promise<void> {
    const info = await socket.opened;
    const brokers = brokersOf(info, env.MILLRACE_KAFKA_BROKERS);
    const principal = env.MILLRACE_MODE === 'open' ? openPrincipal : null;
    const platform = createKafkaPlatform(env, (work) => context.waitUntil(work), null);
    await serveKafkaConnection(platform, { brokers, principal, host: hostOfSocket(info) }, new TcpStream(socket));
  },
  /** The cron trigger of wrangler.toml, which `millrace dev` ticks: finds upkeep whose alarm was lost. */
  async scheduled(_controller: ScheduledController, env: Env): Promise<void> {
    const { directory, newId } = createTenancy(env);
    const clusters = env.MILLRACE_MODE === 'open' ? [localCluster] : await clustersToSweep(directory, newId());
    for (const cluster of clusters) {
      const { catalog, groups, upkeep, transactions } = createServices(env, platformPrincipal(cluster));
      const log = (line: object) => console.log(JSON.stringify({ ...cluster, ...line }));
      await sweepReporting(upkeep, log);
      await sweepReporting(transactions, log);
      const budget = () => createTenancy(env).organization(cluster.orgId).describeBudget(cluster.orgId);
      const history = { cluster, catalog, groups, ...(env.MILLRACE_MODE === 'open' ? {} : { budget }) };
      await sweepReporting(new HistorySweep(history), log);
    }
  },
} satisfies ExportedHandler<Env>;

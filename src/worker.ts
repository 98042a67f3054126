import { WorkerEntrypoint } from 'cloudflare:workers';
import { createApp } from './api/app.ts';
import type { Platform } from './api/platform.ts';
import { fetchRestProxy } from './api/rest-proxy/rest-proxy-door.ts';
import type { Services } from './api/services.ts';
import { type Principal, platformPrincipal } from './authorization/principal.ts';
import { attemptRecorder } from './gateway/attempt-recorder.ts';
import { clustersToSweep } from './gateway/cluster-sweep.ts';
import { EdgeCredentials } from './gateway/credentials/edge-credentials.ts';
import { PrincipalMemory } from './gateway/credentials/principal-memory.ts';
import { createEdge, EdgeMemory } from './gateway/edge.ts';
import { GroupCaller } from './gateway/group-caller.ts';
import { createGroupEdge } from './gateway/group-edge.ts';
import { HighWatermarks } from './gateway/high-watermarks.ts';
import { openCredentials, openPrincipal } from './gateway/open-credentials.ts';
import type { Credentials } from './gateway/ports.ts';
import { RefusalMemory } from './gateway/refusal-memory.ts';
import { createShareEdge } from './gateway/share/share-edge.ts';
import { ShareGroupMemory } from './gateway/share/share-group-memory.ts';
import { createTenancyEdge, type TenancyEdge } from './gateway/tenancy-edge.ts';
import { TopicsById } from './gateway/topics-by-id.ts';
import { TransactionCaller } from './gateway/transactions/transaction-caller.ts';
import { TransactionGateway } from './gateway/transactions/transaction-gateway.ts';
import { sweepReporting } from './gateway/upkeep.ts';
import type { GroupRef } from './groups/group-ref.ts';
import type { ShareGroupRef, SharePartitionRef } from './groups/share/share-ref.ts';
import type { KafkaServices } from './kafka/kafka-services.ts';
import { serveKafkaConnection } from './kafka/serve-connection.ts';
import { systemClock } from './platform/clock.ts';
import { AesSealer } from './platform/cloudflare/aes-sealer.ts';
import type { Env } from './platform/cloudflare/env.ts';
import { HmacSigner } from './platform/cloudflare/hmac-signer.ts';
import { DurableObjectDirectory, directoryStub, organizationStub } from './platform/cloudflare/object-directory.ts';
import { R2BlobStore } from './platform/cloudflare/r2-blob-store.ts';
import { DurableRelayDoor } from './platform/cloudflare/relay-door.ts';
import { hostOfRequest } from './platform/cloudflare/request-host.ts';
import { brokersOf, TcpStream } from './platform/cloudflare/tcp-stream.ts';
import { relayShardCount } from './relay/relay-limits.ts';
import { issueId } from './tenancy/organization-ref.ts';
import { localCluster } from './topics/local-cluster.ts';
import type { TransactionRef } from './transactions/transaction-ref.ts';

export { Cluster } from '../durable-objects/cluster.ts';
export { Directory } from '../durable-objects/directory.ts';
export { Group } from '../durable-objects/group.ts';
export { Organization } from '../durable-objects/organization.ts';
export { Partition } from '../durable-objects/partition.ts';
export { Relay } from '../durable-objects/relay.ts';
export { ShareGroup } from '../durable-objects/share-group.ts';
export { SharePartition } from '../durable-objects/share-partition.ts';
export { TransactionCoordinator } from '../durable-objects/transaction-coordinator.ts';

const app = createApp();

const isolateMemory = new EdgeMemory();
const highWatermarks = new HighWatermarks();
const shareGroups = new ShareGroupMemory(systemClock);
const principals = new PrincipalMemory();
const refusals = new RefusalMemory();
const topicNames = new Map<string, string>();

/** The platform of this Worker. Open mode has one cluster, and everyone may do everything in it. */
function createPlatform(env: Env, context: Pick<ExecutionContext, 'waitUntil'>): Platform {
  return {
    mode: env.MILLRACE_MODE,
    credentials: env.MILLRACE_MODE === 'open' ? openCredentials : createCredentials(env, context),
    services: (principal) => createServices(env, principal),
    hostOf: hostOfRequest,
    refused: (principal, action, resource) => noteRefusal(env, context, { principal, action, resource }),
  };
}

function createCredentials(env: Env, context: Pick<ExecutionContext, 'waitUntil'>): Credentials {
  return new EdgeCredentials({
    signer: new HmacSigner(env.MILLRACE_SECRET),
    clock: systemClock,
    organization: createTenancy(env).organization,
    sealer: new AesSealer(env.MILLRACE_SECRET),
    signerOf: (secret) => new HmacSigner(secret),
    memory: principals,
    operatorKey: env.MILLRACE_OPERATOR_KEY ?? null,
    keepAlive: (work) => context.waitUntil(work),
  });
}

/** Tells the principal's organization, after the answer; an operator and open mode have none. */
function noteRefusal(
  env: Env,
  context: Pick<ExecutionContext, 'waitUntil'>,
  { principal, action, resource }: { principal: Principal; action: string; resource: string },
): void {
  const { orgId, kind } = principal;
  if (kind === 'anonymous' || kind === 'operator') return;
  const due = refusals.note(principal, action, resource, systemClock.nowMs());
  if (due.length > 0) context.waitUntil(createTenancy(env).organization(orgId).recordRefusals(orgId, due));
}

function createTenancy(env: Env): TenancyEdge {
  return createTenancyEdge({
    connect: (orgId) => organizationStub(env, orgId),
    directory: directoryStub(env),
    newId: () => issueId((count) => crypto.getRandomValues(new Uint8Array(count))),
    signer: new HmacSigner(env.MILLRACE_SECRET),
    signerOf: (secret) => new HmacSigner(secret),
    random: Math.random,
    pause: (ms) => scheduler.wait(ms),
  });
}

function createServices(env: Env, principal: Principal): Services {
  const { orgId, clusterId } = principal;
  const cluster = { orgId, clusterId };
  const directory = new DurableObjectDirectory(env);
  const surroundings = { cluster, clock: systemClock, random: Math.random, pause: (ms: number) => scheduler.wait(ms) };
  const blobs = new R2BlobStore(env.SEGMENTS);
  const recordAttempt = attemptRecorder(principal, (id) => createTenancy(env).organization(id));
  const edge = createEdge({ ...surroundings, principal, directory, blobs, memory: isolateMemory, recordAttempt });
  return {
    ...edge,
    principal,
    // Made when it is asked for: most requests have nothing to do with groups.
    get groups() {
      const connect = (ref: GroupRef) => directory.group(ref);
      const newMemberId = () => crypto.randomUUID();
      return createGroupEdge({ ...surroundings, edge, connect, newMemberId, highWatermarks });
    },
    get shares() {
      const group = (ref: ShareGroupRef) => directory.shareGroup(ref);
      const partition = (ref: SharePartitionRef) => directory.sharePartition(ref);
      const newId = () => crypto.randomUUID();
      return createShareEdge({ ...surroundings, edge, group, partition, newId, memory: shareGroups });
    },
    get transactions() {
      const connect = (ref: TransactionRef) => directory.transaction(ref);
      const groups = new GroupCaller({ connect: (ref) => directory.group(ref), ...surroundings });
      const coordinators = new TransactionCaller({ connect, ...surroundings });
      return new TransactionGateway({ ...edge, principal, cluster, coordinators, groups });
    },
    cluster,
    relays: new DurableRelayDoor(env, principal, relayShardCount),
    get tenancy() {
      return createTenancy(env);
    },
    clock: systemClock,
    version: env.MILLRACE_VERSION,
  };
}

function createKafkaServices(env: Env, principal: Principal): KafkaServices {
  const services = createServices(env, principal);
  const { catalog, cluster, routes, partitions, producer, reader, upkeep, groups, clock } = services;
  const topicsById = new TopicsById({ catalog, cluster, routes, names: topicNames });
  return { principal, catalog, cluster, routes, topicsById, partitions, producer, reader, upkeep, groups, clock };
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

const logError = (error: unknown): void => console.error(error instanceof Error ? error.stack : String(error));

/** The door of a deployment. */
export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    return app.fetch(request, createPlatform(env, context), context);
  },
  /** The Kafka door of the local platform: the runtime's own TCP ports, which a deployment does not offer yet. */
  async connect(socket: Socket, env: Env): Promise<void> {
    // A client cannot say over this door who it is, so a platform that asks lets nobody in by it.
    if (env.MILLRACE_MODE !== 'open') return socket.close();
    const brokers = brokersOf(await socket.opened, env.MILLRACE_KAFKA_BROKERS);
    await serveKafkaConnection(createKafkaServices(env, openPrincipal), brokers, new TcpStream(socket), logError);
  },
  /** The cron trigger of wrangler.toml, which `millrace dev` ticks: finds upkeep whose alarm was lost. */
  async scheduled(_controller: ScheduledController, env: Env): Promise<void> {
    const { directory, newId } = createTenancy(env);
    const clusters = env.MILLRACE_MODE === 'open' ? [localCluster] : await clustersToSweep(directory, newId());
    for (const cluster of clusters) {
      const { upkeep } = createServices(env, platformPrincipal(cluster));
      await sweepReporting(upkeep, (line) => console.log(JSON.stringify({ ...cluster, ...line })));
    }
  },
} satisfies ExportedHandler<Env>;

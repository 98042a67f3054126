import type { Result } from '../../src/errors/result.ts';
import { createEdge, EdgeMemory, type Edge as Gateway } from '../../src/gateway/edge.ts';
import { GroupCaller } from '../../src/gateway/group-caller.ts';
import { createGroupEdge, type GroupEdge } from '../../src/gateway/group-edge.ts';
import { HighWatermarks } from '../../src/gateway/high-watermarks.ts';
import { openPrincipal } from '../../src/gateway/open-credentials.ts';
import { createShareEdge, type ShareEdge } from '../../src/gateway/share/share-edge.ts';
import { ShareGroupMemory } from '../../src/gateway/share/share-group-memory.ts';
import type { CachedRoute } from '../../src/gateway/topic-route-cache.ts';
import { TransactionCaller } from '../../src/gateway/transactions/transaction-caller.ts';
import { TransactionGateway } from '../../src/gateway/transactions/transaction-gateway.ts';
import { noHolder } from '../../src/log/fast-session.ts';
import type { PartitionRef } from '../../src/log/partition-ref.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import type { Caller } from './network.ts';
import { catalogStub } from './objects/catalog-object.ts';
import { groupStub } from './objects/group-object.ts';
import { acceptSocket, partitionStub } from './objects/partition-object.ts';
import { acceptRelaySocket } from './objects/relay-object.ts';
import { shareGroupStub, sharePartitionStub } from './objects/share-objects.ts';
import { transactionStub } from './objects/transaction-object.ts';
import type { Platform } from './simulated-platform.ts';
import type { SimulatedSocket, SocketClient } from './simulated-socket.ts';
import { epochMs } from './simulated-world.ts';
import { connectionLost, TransportError } from './transport-errors.ts';

/** What a request finds at an edge: the gateway, put together as src/worker.ts does. */
export type EdgeServices = Gateway & {
  readonly groups: GroupEdge;
  readonly shares: ShareEdge;
  readonly transactions: TransactionGateway;
  /** A timer of the isolate. */
  readonly pause: (ms: number) => Promise<void>;
  /** Which topic each partition was last called as: answers name partitions, and a name may mean a newer topic. */
  readonly lastTopicId: ReadonlyMap<number, string>;
  /** Which topic the name meant the last time it was looked up. */
  readonly lastRoute: () => string;
  /** Hands a socket to one of the relays, as `GET /v1/topics/{topic}/ws` does. */
  readonly openRelaySocket: (topic: string, client: SocketClient, name: string) => Promise<SimulatedSocket>;
  /** Opens a socket of a partition's fast door. */
  readonly openFastDoor: (
    topic: string,
    partition: number,
    client: SocketClient,
    name: string,
  ) => Promise<Result<{ readonly socket: SimulatedSocket; readonly topicId: string }>>;
};

/** An isolate of the Worker: its memory is lost with it. */
class Isolate implements Caller {
  readonly name: string;
  isRunning = true;
  readonly memory = new EdgeMemory();
  readonly highWatermarks = new HighWatermarks();
  readonly shareGroups: ShareGroupMemory;
  readonly inFlight = new Set<() => void>();

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.shareGroups = new ShareGroupMemory(clock);
  }

  output(send: () => void): void {
    if (this.isRunning) send();
  }

  awaited<T>(_label: string, start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void) {
    return new Promise<T>((resolve, reject) =>
      start(
        (value) => {
          if (this.isRunning) resolve(value);
        },
        (error) => {
          if (this.isRunning) reject(error);
        },
      ),
    );
  }
}

/** The isolate's routes, as one request uses them: it notes which topic they named. */
class NotingRoutes extends Map<string, CachedRoute> {
  lastTopicId = '';
  readonly #routes: Map<string, CachedRoute>;

  constructor(routes: Map<string, CachedRoute>) {
    super();
    this.#routes = routes;
  }

  override get size(): number {
    return this.#routes.size;
  }

  override get(key: string): CachedRoute | undefined {
    const cached = this.#routes.get(key);
    if (cached !== undefined) this.lastTopicId = cached.route.topicId;
    return cached;
  }

  override set(key: string, cached: CachedRoute): this {
    this.lastTopicId = cached.route.topicId;
    this.#routes.set(key, cached);
    return this;
  }

  override delete(key: string): boolean {
    return this.#routes.delete(key);
  }

  override clear(): void {
    this.#routes.clear();
  }
}

/** One place where clients reach the platform over HTTP. */
export class Edge {
  readonly name: string;
  readonly #platform: Platform;
  #isolate: Isolate;
  #isolateCount = 0;
  readonly #clock: Clock;

  constructor(platform: Platform, name: string) {
    this.#platform = platform;
    this.name = name;
    this.#clock = { nowMs: () => Math.floor(epochMs + platform.world.nowMs) };
    this.#isolate = this.#newIsolate();
  }

  /** A client's request; rejects with a transport error when no answer comes, and then nothing is known. */
  request<T>(label: string, handle: (services: EdgeServices) => Promise<T>): Promise<T> {
    const { world, network } = this.#platform;
    const { queue, random } = world;
    return new Promise<T>((resolve, reject) => {
      const fail = (afterMs: number) => queue.after(afterMs, `${label} gets no answer`, () => reject(connectionLost()));
      if (random.chance(world.faults.requestLost)) {
        fail(random.between(5, 1_500));
        return;
      }
      queue.after(network.latencyMs(), `${label} at ${this.name}`, () => {
        const isolate = this.#isolate;
        const onEnd = () => fail(random.between(1, 200));
        isolate.inFlight.add(onEnd);
        const answer = (settle: () => void) => {
          if (!isolate.inFlight.delete(onEnd)) return;
          if (random.chance(world.faults.replyLost)) fail(random.between(5, 1_500));
          else queue.after(network.latencyMs(), `${label} answered`, settle);
        };
        void handle(this.#services(isolate)).then(
          (value) => answer(() => resolve(value)),
          (thrown: unknown) => {
            // The Worker answers what it did not expect with 500: for the client, an unknown outcome.
            if (!(thrown instanceof TransportError)) world.violate(`${label} threw ${String((thrown as Error).stack)}`);
            else world.sometimes('request answered 500');
            answer(() => reject(thrown));
          },
        );
      });
    });
  }

  crash(): void {
    this.#platform.world.sometimes('edge crash');
    const isolate = this.#isolate;
    isolate.isRunning = false;
    this.#isolate = this.#newIsolate();
    for (const fail of isolate.inFlight) fail();
  }

  #newIsolate(): Isolate {
    this.#isolateCount += 1;
    return new Isolate(`${this.name}#${this.#isolateCount}`, this.#clock);
  }

  #services(isolate: Isolate): EdgeServices {
    const platform = this.#platform;
    const { world } = platform;
    const lastTopicId = new Map<number, string>();
    const routes = new NotingRoutes(isolate.memory.routes);
    const random = () => world.random.next();
    const clock = this.#clock;
    const pause = (ms: number) =>
      isolate.awaited<void>('pause', (resolve) => world.queue.after(ms, `${isolate.name} pauses`, () => resolve()));
    const edge = createEdge({
      principal: openPrincipal,
      directory: {
        partition: (ref: PartitionRef) => {
          lastTopicId.set(ref.partition, ref.topicId);
          return partitionStub(platform, isolate, ref);
        },
        catalog: () => catalogStub(platform, isolate),
      },
      cluster: localCluster,
      blobs: platform.blobs.as(isolate),
      clock,
      random,
      pause,
      memory: { ...isolate.memory, routes },
    });
    const surroundings = { edge, cluster: localCluster, clock, random, pause };
    return {
      ...edge,
      pause,
      get groups() {
        return createGroupEdge({
          ...surroundings,
          connect: (ref) => groupStub(platform, isolate, ref),
          newMemberId: () => platform.newObjectId(),
          highWatermarks: isolate.highWatermarks,
        });
      },
      get shares() {
        return createShareEdge({
          ...surroundings,
          group: (ref) => shareGroupStub(platform, isolate, ref),
          partition: (ref) => sharePartitionStub(platform, isolate, ref),
          newId: () => platform.newObjectId(),
          memory: isolate.shareGroups,
        });
      },
      get transactions() {
        return new TransactionGateway({
          ...edge,
          principal: openPrincipal,
          cluster: localCluster,
          coordinators: new TransactionCaller({
            connect: (ref) => transactionStub(platform, isolate, ref),
            random,
            pause,
          }),
          groups: new GroupCaller({ connect: (ref) => groupStub(platform, isolate, ref), random, pause }),
        });
      },
      lastTopicId,
      lastRoute: () => routes.lastTopicId,
      openRelaySocket: (topic, client, name) => {
        const relay = platform.relay(world.random.pick(platform.relayNames));
        return platform.network.call(isolate, relay, 'accept socket', async (instance) =>
          acceptRelaySocket(platform, instance, topic, client, name),
        );
      },
      openFastDoor: async (topic, partition, client, name) => {
        const route = await edge.routes.find(topic);
        if (!route.ok) return route;
        return edge.partitions.call(
          route.value,
          partition,
          async (_, ref, configVersion) => {
            const target = platform.partition(ref);
            const opened = await platform.network.call(isolate, target, 'accept socket', async (instance) =>
              acceptSocket(platform, instance, { verb: 'socket', ref, configVersion, holder: noHolder }, client, name),
            );
            return opened.ok ? { ok: true, value: { socket: opened.value, topicId: ref.topicId } } : opened;
          },
          { repeatable: true },
        );
      },
    };
  }
}

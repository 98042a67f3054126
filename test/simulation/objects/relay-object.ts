import { noQuotas } from '../../../src/authorization/quota-gate.ts';
import { createEdge, EdgeMemory } from '../../../src/gateway/edge.ts';
import { openPrincipal } from '../../../src/gateway/open-credentials.ts';
import { noUsage } from '../../../src/gateway/usage/edge-usage.ts';
import { decompress } from '../../../src/log/compression.ts';
import type { RelaySocket } from '../../../src/relay/ports.ts';
import { RelayService } from '../../../src/relay/relay-service.ts';
import { frameRecordRenderer } from '../../../src/relay/render-frame-records.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import { emptyClusterServices } from '../../support/api-services.ts';
import { openPrincipals } from '../../support/open-platform.ts';
import { relayGroups } from '../../support/relay-groups.ts';
import { type Life, SimulatedObject } from '../simulated-object.ts';
import type { Platform } from '../simulated-platform.ts';
import { SimulatedSocket, type SocketClient, type SocketHandlers } from '../simulated-socket.ts';
import { TransportError } from '../transport-errors.ts';
import { catalogStub } from './catalog-object.ts';
import { partitionStub } from './partition-object.ts';

export type RelayInstance = {
  readonly life: Life<RelayInstance>;
  readonly service: RelayService;
  readonly held: Map<SimulatedSocket, RelaySocket>;
  readonly deliver: RelayService['deliver'];
};

export type RelayObject = SimulatedObject<RelayInstance>;

/** A relay's object, wired as durable-objects/relay.ts wires it. */
export function createRelayObject(platform: Platform, name: string): RelayObject {
  const relay = new SimulatedObject<RelayInstance>(
    platform.world,
    name,
    (life) => constructRelay(platform, life, name),
    async () => {},
  );
  relay.canBeZombie = false;
  return relay;
}

function constructRelay(platform: Platform, life: Life<RelayInstance>, name: string): RelayInstance {
  const { world } = platform;
  const pause = (ms: number) => life.sleep(ms, 'pauses');
  const { routes, partitions, producer, tiered } = createEdge({
    principal: openPrincipal,
    directory: {
      partition: (ref) => partitionStub(platform, life, ref),
      catalog: () => catalogStub(platform, life),
    },
    cluster: localCluster,
    blobs: platform.blobs.as(life),
    clock: life.object.clock,
    random: () => world.random.next(),
    pause,
    memory: new EdgeMemory(),
  });
  const held = new Map<SimulatedSocket, RelaySocket>();
  const open = () => [...life.object.sockets].filter((socket) => socket.isOpen && socket.owner === life);
  const service: RelayService = new RelayService({
    principals: openPrincipals,
    quotas: noQuotas,
    usage: noUsage,
    relay: name,
    routes,
    partitions,
    tiered,
    producer,
    shares: emptyClusterServices().shares,
    groups: relayGroups({ routes, partitions, clock: life.object.clock }),
    render: frameRecordRenderer(decompress),
    openSockets: () => open().map((socket) => heldSocket(instance, socket)),
    pause,
    keepAlive: (work) => {
      life.busyCount += 1;
      const done = () => {
        life.busyCount -= 1;
      };
      work.then(done, (thrown) => {
        done();
        if (life.isRunning && !(thrown instanceof TransportError)) world.violate(`relay work threw ${String(thrown)}`);
      });
    },
  });
  const instance: RelayInstance = { life, service, held, deliver: (delivery) => service.deliver(delivery) };
  return instance;
}

function heldSocket(instance: RelayInstance, socket: SimulatedSocket): RelaySocket {
  const known = instance.held.get(socket);
  if (known !== undefined) return known;
  const life = instance.life as Life<unknown>;
  const held: RelaySocket = {
    send: (text) => socket.sendToClient(life, text),
    close: (code) => socket.closeFromObject(life, code),
    lastPingMs: null,
    get attachment() {
      return socket.attachment as Uint8Array | null;
    },
    set attachment(bytes) {
      if (socket.owner === life) socket.attachment = bytes === null ? null : bytes.slice();
    },
  };
  instance.held.set(socket, held);
  return held;
}

const handlers: SocketHandlers<RelayInstance> = {
  onMessage: (instance, socket, message) => {
    if (typeof message !== 'string') instance.service.receiveBinary(heldSocket(instance, socket));
    else void instance.service.receive(heldSocket(instance, socket), message);
  },
  onClose: (instance, socket) => instance.service.closed(heldSocket(instance, socket)),
};

/** Accepts a socket on a topic's path, as the relay's fetch does. */
export function acceptRelaySocket(
  platform: Platform,
  instance: RelayInstance,
  topic: string,
  client: SocketClient,
  name: string,
): SimulatedSocket {
  const socket = new SimulatedSocket(
    platform.world,
    platform.network,
    name,
    instance.life as Life<unknown>,
    handlers as SocketHandlers<unknown>,
    client,
  );
  instance.service.open(heldSocket(instance, socket), topic, openPrincipal);
  return socket;
}

import { createHash } from 'node:crypto';
import { noAuthority } from '../../../src/authorization/principal-authority.ts';
import { noQuotas } from '../../../src/authorization/quota-gate.ts';
import type { Result } from '../../../src/errors/result.ts';
import {
  decodePartitionRequest,
  encodeFailure,
  encodeReadReply,
  type PartitionHttpRequest,
} from '../../../src/gateway/internal-http.ts';
import type { PartitionStub } from '../../../src/gateway/ports.ts';
import type { FastSocket } from '../../../src/log/fast-door.ts';
import type { FastAttachment } from '../../../src/log/fast-session.ts';
import type { PartitionRef } from '../../../src/log/partition-ref.ts';
import type { AppendRequest, Delivery, ReadRequest } from '../../../src/log/partition-rpc.ts';
import { PartitionService } from '../../../src/log/partition-service.ts';
import { reportsToNobody } from '../../../src/log/usage/usage-report.ts';
import { DurableAlarm } from '../../../src/platform/cloudflare/durable-alarm.ts';
import { copied } from '../message-copy.ts';
import type { Caller } from '../network.ts';
import { type Life, SimulatedObject } from '../simulated-object.ts';
import type { Platform } from '../simulated-platform.ts';
import { SimulatedSocket, type SocketClient, type SocketHandlers } from '../simulated-socket.ts';

/** What lives in a partition's object: the service, and its sockets as the service knows them. */
export type PartitionInstance = {
  readonly life: Life<PartitionInstance>;
  readonly service: PartitionService<FastSocket>;
  readonly held: Map<SimulatedSocket, FastSocket>;
};

export type PartitionObject = SimulatedObject<PartitionInstance>;

/** One partition's object, wired as durable-objects/partition.ts wires it. */
export function createPartitionObject(platform: Platform, name: string): PartitionObject {
  return new SimulatedObject<PartitionInstance>(
    platform.world,
    name,
    (life) => constructPartition(platform, life),
    async ({ service, life }) => {
      try {
        await service.runDue();
      } catch {
        await life.object.alarmStorageOf(life).setAlarm(life.object.clock.nowMs() + 30_000);
      }
    },
  );
}

function constructPartition(platform: Platform, life: Life<PartitionInstance>): PartitionInstance {
  const { world, network, signer } = platform;
  const { object } = life;
  const service = new PartitionService<FastSocket>({
    sql: object.storeOf(life),
    clock: object.clock,
    pacer: {
      confirmed: () => object.synced(life),
      gathered: () => life.sleep(world.random.between(0.5, 1.5), 'gathers'),
    },
    alarm: new DurableAlarm(object.alarmStorageOf(life), object.clock),
    authority: noAuthority,
    quotas: noQuotas,
    refused: () => {},
    pause: (ms) => life.sleep(ms, 'pauses'),
    signer,
    blobs: platform.blobs.as(life),
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    newObjectId: () => platform.newObjectId(),
    reportIncident: (incident) => {
      world.sometimes(`incident ${incident.event}`);
      // Without the stack: it says how the run was started, and would tell equal runs apart.
      const [message] = incident.failure.message.split('\n');
      world.note(`${life.name} ${incident.event}: ${incident.failure.code} ${message}`);
    },
    relays: {
      deliver: (relay, delivery) => {
        const sent = copied<Delivery>(delivery);
        return network.call(life, platform.relay(relay), 'deliver', async ({ service: target }) =>
          target.deliver(copied(sent)),
        );
      },
    },
    report: async (ref, description, witness, written) => {
      const report = { ...description, topicId: ref.topicId, witness, written };
      await network.call(life, platform.cluster, 'reportPartitions', (catalog) =>
        catalog.reportPartitions(ref, [report]),
      );
    },
    reportUsage: reportsToNobody,
    witness: (ref) =>
      network.call(life, platform.cluster, 'partitionWitness', (catalog) =>
        catalog.partitionWitness(ref, ref.topicId, ref.partition),
      ),
    panic: (cause) => {
      world.sometimes('partition panic');
      world.note(`${life.name} panics: ${String(cause)}`);
      if (object.life === life) object.crash('in panic');
    },
    yieldTurn: () => life.sleep(0, 'yields'),
  });
  const instance = { life, service, held: new Map<SimulatedSocket, FastSocket>() };
  for (const socket of object.sockets)
    if (socket.owner === life) service.openDoor?.restore(heldSocket(instance, socket));
  return instance;
}

function heldSocket(instance: PartitionInstance, socket: SimulatedSocket): FastSocket {
  const known = instance.held.get(socket);
  if (known !== undefined) return known;
  const life = instance.life as Life<unknown>;
  const held: FastSocket = {
    send: (frame) => {
      if (!socket.sendToClient(life, frame)) throw new TypeError('the socket is closed');
    },
    close: (code) => socket.closeFromObject(life, code),
    serializeAttachment: (attachment) => {
      socket.attachment = attachment === null ? null : { ...attachment };
    },
    deserializeAttachment: () => socket.attachment as FastAttachment | null,
  };
  instance.held.set(socket, held);
  return held;
}

const handlers: SocketHandlers<PartitionInstance> = {
  onMessage: (instance, socket, message) => {
    if (typeof message === 'string') throw new TypeError('the fast door takes binary frames');
    instance.service.onFrame(heldSocket(instance, socket), message);
  },
  onClose: (instance, socket) => instance.service.openDoor?.close(heldSocket(instance, socket)),
};

/** Opens a socket of the fast door; null when the partition answers with a failure, which `refuse` is told. */
export function acceptSocket(
  platform: Platform,
  instance: PartitionInstance,
  message: PartitionHttpRequest,
  client: SocketClient,
  name: string,
) {
  const door = instance.service.fastDoor(message.ref, message.configVersion);
  if (!door.ok) return door;
  const socket = new SimulatedSocket(
    platform.world,
    platform.network,
    name,
    instance.life as Life<unknown>,
    handlers as SocketHandlers<unknown>,
    client,
  );
  door.value.open(heldSocket(instance, socket));
  return { ok: true, value: socket } as const;
}

/**
 * Who answered a read that a partition's object answered itself. A zombie's answer may be stale, since its storage no
 * longer is the object's.
 */
export const readAnswers = new WeakMap<Response, 'object' | 'zombie'>();

/** A partition as a caller reaches it over the simulated network. */
export function partitionStub(platform: Platform, caller: Caller, ref: PartitionRef): PartitionStub {
  const target = platform.partition(ref);
  const { network, closureJudge } = platform;
  const call = async <T>(verb: string, run: (service: PartitionService<FastSocket>) => Promise<T>): Promise<T> => {
    const answer = await network.call(caller, target, verb, async ({ service }) => {
      const wasClosed = closureJudge.isClosed(target);
      const done = copied(await run(service));
      if (verb === 'append') closureJudge.appended(target, wasClosed, done as Result<unknown>);
      return done;
    });
    if (verb === 'close') closureJudge.answered(target, answer as Result<{ isPurged: boolean }>);
    return answer;
  };
  const verbs = {
    fetch: async (request: Request): Promise<Response> => {
      const message = decodePartitionRequest(request);
      if (message?.verb !== 'read') return new Response(null, { status: 404 });
      const { read, isFromZombie } = await platform.network.call(caller, target, 'fetch read', async (instance) => ({
        read: copied(await instance.service.readRecords(message satisfies ReadRequest)),
        isFromZombie: instance.life.state === 'zombie',
      }));
      if (!read.ok) return encodeFailure(read.error);
      const response = encodeReadReply(read.value);
      readAnswers.set(response, isFromZombie ? 'zombie' : 'object');
      return response;
    },
  };
  return new Proxy(verbs as PartitionStub, {
    get: (own, verb: string) => {
      if (verb in own) return own[verb as keyof PartitionStub];
      return (...args: unknown[]) => {
        const sent = copied(args);
        return call(verb, (service) => service[verb as 'append'](...(copied(sent) as [AppendRequest])));
      };
    },
  });
}

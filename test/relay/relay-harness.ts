import type { Principal } from '../../src/authorization/principal.ts';
import { noQuotas, type QuotaGate } from '../../src/authorization/quota-gate.ts';
import { ok, type Result } from '../../src/errors/result.ts';
import { openPrincipal } from '../../src/gateway/open-credentials.ts';
import { TieredMemory, TieredReader } from '../../src/gateway/tiered-reader.ts';
import { noUsage, type UsageMeter } from '../../src/gateway/usage/edge-usage.ts';
import type { GroupRelayRpc, GroupRpc } from '../../src/groups/group-rpc.ts';
import type { DeliveryReply } from '../../src/log/partition-rpc.ts';
import { decompressPortable } from '../../src/log/portable-decompression.ts';
import { MemoryBlobStore } from '../../src/platform/memory/memory-blob-store.ts';
import type { RecordProducer, RelayPrincipalPorts, RelaySocket } from '../../src/relay/ports.ts';
import { RelayService } from '../../src/relay/relay-service.ts';
import { frameRecordRenderer } from '../../src/relay/render-frame-records.ts';
import { emptyClusterServices, noGroup } from '../support/api-services.ts';
import { openPrincipals } from '../support/open-platform.ts';
import { relayGroups } from '../support/relay-groups.ts';
import { MemorySocket } from './memory-socket.ts';
import { MemoryTopic, type PendingDelivery } from './memory-topic.ts';

export const topicId = '0198f1d2-5b3c-7a10-8e4f-0123456789ab';

/** A relay, its sockets and one topic, with the calls between them in the test's hands. */
export class RelayHarness {
  readonly topic: MemoryTopic;
  readonly sockets: MemorySocket[] = [];
  readonly bugs: unknown[] = [];
  producer: RecordProducer = { produce: async () => ok([]) };
  /** Pauses of the relay, which take no time unless a test says so. */
  pause: (ms: number) => Promise<void> = () => Promise.resolve();
  nowMs = 0;
  principals: RelayPrincipalPorts = openPrincipals;
  quotas: QuotaGate = noQuotas;
  usage: UsageMeter = noUsage;
  /** The groups that its sockets' members belong to; none at first. */
  readonly groups: GroupRpc;
  #life = 0;
  #held = new Map<MemorySocket, RelaySocket>();
  #service: RelayService;

  constructor(partitionCount: number, groups: GroupRpc = noGroup) {
    this.topic = new MemoryTopic('flights', topicId, partitionCount);
    this.groups = groups;
    this.#service = this.#start();
  }

  connect(topic: string | null = 'flights', principal: Principal = openPrincipal): MemorySocket {
    const socket = new MemorySocket();
    this.sockets.push(socket);
    this.#service.open(this.#hold(socket), topic, principal);
    return socket;
  }

  /** A message of the client; `records` and the like go as raw text. */
  async send(socket: MemorySocket, frame: object | string): Promise<void> {
    await this.#service.receive(this.#hold(socket), typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  binary(socket: MemorySocket): void {
    this.#service.receiveBinary(this.#hold(socket));
  }

  disconnect(socket: MemorySocket): void {
    socket.closed = { code: 1005, reason: '' };
    this.#service.closed(this.#hold(socket));
  }

  /** The relay leaves memory, whatever it was doing; sockets and attachments stay. */
  evict(): void {
    this.#life++;
    this.#held = new Map();
    this.#service = this.#start();
  }

  /** What groups tell and ask it. */
  get asGroupRelay(): GroupRelayRpc {
    return {
      groupChanged: async (ref, memberIds) => this.#service.groupChanged(ref, memberIds),
      confirmMembers: async (ref, memberIds) => this.#service.confirmMembers(ref, memberIds),
    };
  }

  rightsTaken(): Promise<Result<boolean>> {
    return this.#service.rightsTaken();
  }

  deliver({ delivery, answer }: PendingDelivery): DeliveryReply {
    const reply = this.#service.deliver(delivery);
    answer(reply.subscribed);
    return reply;
  }

  /** Makes every delivery that is waiting, in order. */
  deliverAll(): void {
    for (const pending of this.topic.pending.splice(0)) this.deliver(pending);
  }

  /** Lets everything that needs no test's hand come to rest. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
    if (this.bugs.length > 0) throw this.bugs[0];
  }

  #start(): RelayService {
    const life = this.#life;
    const clock = { nowMs: () => this.nowMs };
    const tiered = new TieredReader({
      blobs: new MemoryBlobStore(),
      clock,
      memory: new TieredMemory(),
      pause: () => new Promise(() => {}),
    });
    return new RelayService({
      principals: this.principals,
      quotas: this.quotas,
      usage: this.usage,
      tiered,
      relay: 'relay-1',
      routes: this.topic,
      partitions: this.topic,
      producer: { produce: (topic, records) => this.producer.produce(topic, records) },
      render: frameRecordRenderer(decompressPortable),
      openSockets: () => this.sockets.filter(({ closed }) => closed === null).map((socket) => this.#hold(socket)),
      pause: (ms) => this.pause(ms),
      shares: emptyClusterServices().shares,
      groups: relayGroups({ routes: this.topic, partitions: this.topic, clock }, this.groups),
      keepAlive: (work) => {
        work.catch((thrown) => {
          if (life === this.#life) this.bugs.push(thrown);
        });
      },
    });
  }

  #hold(socket: MemorySocket): RelaySocket {
    const known = this.#held.get(socket);
    if (known !== undefined) return known;
    const life = this.#life;
    const held = socket.held(() => life === this.#life);
    this.#held.set(socket, held);
    return held;
  }
}

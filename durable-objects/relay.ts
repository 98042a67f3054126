import { DurableObject } from 'cloudflare:workers';
import { platformPrincipal } from '../src/authorization/principal.ts';
import {
  createQuotaGate,
  createRefusalNote,
  createSignInNote,
  createUsageMeter,
  identitySignIn,
} from '../src/composition.ts';
import { jsonSubprotocol, pingText, pongText } from '../src/contracts/websocket.ts';
import { assert } from '../src/errors/assert.ts';
import { EdgeCredentials } from '../src/gateway/credentials/edge-credentials.ts';
import { PrincipalMemory } from '../src/gateway/credentials/principal-memory.ts';
import { createEdge, EdgeMemory } from '../src/gateway/edge.ts';
import { createGroupEdge } from '../src/gateway/group-edge.ts';
import { HighWatermarks } from '../src/gateway/high-watermarks.ts';
import { QuotaBuckets } from '../src/gateway/quota-buckets.ts';
import { createShareEdge } from '../src/gateway/share/share-edge.ts';
import { ShareGroupMemory } from '../src/gateway/share/share-group-memory.ts';
import { EdgeUsage } from '../src/gateway/usage/edge-usage.ts';
import type { GroupRef } from '../src/groups/group-ref.ts';
import type { GroupRelayRpc } from '../src/groups/group-rpc.ts';
import { decompress } from '../src/log/compression.ts';
import type { Delivery, DeliveryReply, RelayRpc } from '../src/log/partition-rpc.ts';
import { systemClock } from '../src/platform/clock.ts';
import { AesSealer } from '../src/platform/cloudflare/aes-sealer.ts';
import { durableAuthority } from '../src/platform/cloudflare/durable-authority.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import { answerClose, HibernatingSockets } from '../src/platform/cloudflare/hibernating-socket.ts';
import { HmacSigner } from '../src/platform/cloudflare/hmac-signer.ts';
import { DurableObjectDirectory, organizationStub } from '../src/platform/cloudflare/object-directory.ts';
import { R2BlobStore } from '../src/platform/cloudflare/r2-blob-store.ts';
import { parseRelayObjectName } from '../src/relay/relay-object-name.ts';
import { decodeRelayPrincipal, decodeRelayTopic } from '../src/relay/relay-request.ts';
import { RelayService } from '../src/relay/relay-service.ts';
import { frameRecordRenderer } from '../src/relay/render-frame-records.ts';
import type { SocketHolderRpc } from '../src/tenancy/socket-holders.ts';

/** Holds sockets over many partitions. Owns nothing but wiring; what they get is decided in {@link RelayService}. */
export class Relay extends DurableObject<Env> implements RelayRpc, GroupRelayRpc, SocketHolderRpc {
  readonly #sockets: HibernatingSockets;
  readonly #service: RelayService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const relay = ctx.id.name ?? '';
    const ref = parseRelayObjectName(relay);
    assert(ref !== null, 'a relay is reached by the name relay-object-name.ts writes');
    const directory = new DurableObjectDirectory(env);
    const newMemberId = () => crypto.randomUUID();
    const pause = (ms: number) => scheduler.wait(ms);
    const keepAlive = (work: Promise<unknown>) => ctx.waitUntil(work);
    const around = { cluster: ref.cluster, clock: systemClock, random: Math.random, pause };
    const edge = createEdge({
      ...around,
      principal: platformPrincipal(ref.cluster),
      directory,
      blobs: new R2BlobStore(env.SEGMENTS),
      memory: new EdgeMemory(),
    });
    const { rpc, ends } = createGroupEdge({
      ...around,
      edge,
      connect: (group) => directory.group(group),
      newMemberId,
      highWatermarks: new HighWatermarks(),
    });
    const { groups, consumer } = createShareEdge({
      ...around,
      edge,
      group: (group) => directory.shareGroup(group),
      partition: (partition) => directory.sharePartition(partition),
      newId: newMemberId,
      memory: new ShareGroupMemory(systemClock),
    });
    const credentials = new EdgeCredentials({
      signer: new HmacSigner(env.MILLRACE_SECRET),
      clock: systemClock,
      organization: (orgId) => organizationStub(env, orgId),
      sealer: new AesSealer(env.MILLRACE_SECRET),
      signerOf: (secret) => new HmacSigner(secret),
      identities: identitySignIn(env),
      memory: new PrincipalMemory(),
      operatorKey: null,
      failed: createSignInNote(env, keepAlive),
      keepAlive,
    });
    this.#sockets = new HibernatingSockets(ctx);
    this.#service = new RelayService({
      principals: {
        authority: durableAuthority(env, { kind: 'relay', name: relay }),
        refused: createRefusalNote(env, keepAlive),
        resolve: (token) => credentials.token(token, ref.cluster.clusterId),
      },
      ...edge,
      relay,
      quotas: createQuotaGate(env, keepAlive, new QuotaBuckets()),
      usage: createUsageMeter(env, keepAlive, new EdgeUsage()),
      groups: { cluster: ref.cluster, rpc, ends, clock: systemClock, newMemberId },
      shares: { groups, consumer },
      render: frameRecordRenderer(decompress),
      openSockets: () => this.#sockets.open(),
      pause,
      keepAlive,
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(pingText, pongText));
  }

  override async fetch(request: Request): Promise<Response> {
    const principal = decodeRelayPrincipal(request);
    assert(principal !== null, 'an edge says on whose behalf a socket is');
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.ctx.acceptWebSocket(server);
    this.#service.open(this.#sockets.of(server), decodeRelayTopic(request), principal);
    const headers = { 'sec-websocket-protocol': jsonSubprotocol };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  rightsTaken() {
    return this.#service.rightsTaken();
  }

  async deliver(delivery: Delivery): Promise<DeliveryReply> {
    return this.#service.deliver(delivery);
  }

  async groupChanged(group: GroupRef, memberIds: readonly string[]): Promise<void> {
    this.#service.groupChanged(group, memberIds);
  }

  async confirmMembers(group: GroupRef, memberIds: readonly string[]): Promise<string[]> {
    return this.#service.confirmMembers(group, memberIds);
  }

  override async webSocketMessage(socket: WebSocket, message: ArrayBuffer | string): Promise<void> {
    const held = this.#sockets.of(socket);
    if (typeof message === 'string') await this.#service.receive(held, message);
    else this.#service.receiveBinary(held);
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    this.#service.closed(this.#sockets.of(socket));
    answerClose(socket, code);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#service.closed(this.#sockets.of(socket));
  }
}

import { DurableObject } from 'cloudflare:workers';
import { createQuotaGate, createRefusalNote } from '../src/composition.ts';
import { ok, type Result } from '../src/errors/result.ts';
import {
  decodePartitionRequest,
  encodeFailure,
  encodeReadReply,
  type PartitionHttpRequest,
} from '../src/gateway/internal-http.ts';
import { QuotaBuckets } from '../src/gateway/quota-buckets.ts';
import type { DeleteBefore } from '../src/log/delete-records.ts';
import type { FastSocket } from '../src/log/fast-door.ts';
import { fastDoorProtocol } from '../src/log/fast-door-frames.ts';
import type { MaintenanceReport } from '../src/log/maintenance/maintenance-job.ts';
import type { PartitionRef } from '../src/log/partition-ref.ts';
import type {
  AppendReply,
  AppendRequest,
  PartitionDescription,
  PartitionGrant,
  PartitionRecovery,
  PartitionRpc,
  ReadReply,
  ReadRequest,
} from '../src/log/partition-rpc.ts';
import { PartitionService } from '../src/log/partition-service.ts';
import type { TransactionMarker } from '../src/log/transactions/transaction-marker.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import { answerClose } from '../src/platform/cloudflare/hibernating-socket.ts';
import { durablePartitionPorts } from '../src/platform/cloudflare/partition-ports.ts';
import type { SocketHolderRpc } from '../src/tenancy/socket-holders.ts';

/** One partition's leader. Owns nothing but wiring; the log lives in {@link PartitionService}. */
export class Partition extends DurableObject<Env> implements PartitionRpc, SocketHolderRpc {
  readonly #service: PartitionService<WebSocket & FastSocket>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const keepAlive = (work: Promise<unknown>) => ctx.waitUntil(work);
    const quotas = createQuotaGate(env, keepAlive, new QuotaBuckets());
    const refused = createRefusalNote(env, keepAlive);
    this.#service = new PartitionService(durablePartitionPorts(ctx, env, { quotas, refused }));
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('{"type":"ping"}', '{"type":"pong"}'));
    for (const socket of ctx.getWebSockets()) this.#service.openDoor?.restore(socket);
  }

  initialize(grant: PartitionGrant): Promise<Result<PartitionDescription>> {
    return this.#service.initialize(grant);
  }

  append(request: AppendRequest): Promise<Result<AppendReply>> {
    return this.#service.append(request);
  }

  readRecords(request: ReadRequest): Promise<Result<ReadReply>> {
    return this.#service.readRecords(request);
  }

  describe(ref: PartitionRef, configVersion: number, points?: number) {
    return this.#service.describe(ref, configVersion, points);
  }

  writeTxnMarker(ref: PartitionRef, marker: TransactionMarker): Promise<Result<null>> {
    return this.#service.writeTxnMarker(ref, marker);
  }

  abortedTransactions(ref: PartitionRef, configVersion: number, from: number, to: number) {
    return this.#service.abortedTransactions(ref, configVersion, from, to);
  }

  describeProducers(ref: PartitionRef, configVersion: number) {
    return this.#service.describeProducers(ref, configVersion);
  }

  endOfLeaderEpoch(ref: PartitionRef, configVersion: number, leaderEpoch: number) {
    return this.#service.endOfLeaderEpoch(ref, configVersion, leaderEpoch);
  }

  registerRelay(ref: PartitionRef, configVersion: number, relay: string) {
    return this.#service.registerRelay(ref, configVersion, relay);
  }

  unregisterRelay(ref: PartitionRef, relay: string): Promise<Result<null>> {
    return this.#service.unregisterRelay(ref, relay);
  }

  deleteRecords(ref: PartitionRef, configVersion: number, before: DeleteBefore) {
    return this.#service.deleteRecords(ref, configVersion, before);
  }

  maintain(ref: PartitionRef, configVersion: number): Promise<Result<MaintenanceReport>> {
    return this.#service.maintain(ref, configVersion);
  }

  recover(ref: PartitionRef, configVersion: number): Promise<Result<PartitionRecovery>> {
    return this.#service.recover(ref, configVersion);
  }

  close(ref: PartitionRef): Promise<Result<{ readonly isPurged: boolean }>> {
    return this.#service.close(ref);
  }

  async rightsTaken(): Promise<Result<boolean>> {
    return this.#service.openDoor?.rightsTaken() ?? ok(false);
  }

  override async fetch(request: Request): Promise<Response> {
    const message = decodePartitionRequest(request);
    if (message === null) return new Response(null, { status: 404 });
    return message.verb === 'socket' ? this.#acceptSocket(message) : this.#readThrough(message);
  }

  override webSocketMessage(socket: WebSocket, message: ArrayBuffer | string): void {
    if (typeof message === 'string') socket.close(1003, 'this door takes binary frames');
    else this.#service.onFrame(socket, new Uint8Array(message));
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#service.openDoor?.close(socket);
    answerClose(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.#service.openDoor?.close(socket);
  }

  override async alarm(): Promise<void> {
    await this.#service.runDue();
  }

  #acceptSocket(message: Extract<PartitionHttpRequest, { verb: 'socket' }>): Response {
    const door = this.#service.fastDoor(message.ref, message.configVersion);
    if (!door.ok) return encodeFailure(door.error);
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.ctx.acceptWebSocket(server);
    door.value.open(server, message.holder);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { 'sec-websocket-protocol': fastDoorProtocol },
    });
  }

  async #readThrough(message: Extract<PartitionHttpRequest, { verb: 'read' }>): Promise<Response> {
    const read = await this.#service.readRecords(message);
    if (!read.ok) return encodeFailure(read.error);
    return encodeReadReply(read.value);
  }
}

import { DurableObject } from 'cloudflare:workers';
import { CatalogCaller } from '../src/gateway/catalog-caller.ts';
import type { ClassicRequest } from '../src/groups/classic/classic-rpc.ts';
import type { ConsumerRequest } from '../src/groups/consumer/consumer-rpc.ts';
import type { GroupRef } from '../src/groups/group-ref.ts';
import type {
  CommitRequest,
  FirstOffset,
  GroupRpc,
  HeartbeatRequest,
  LeaveRequest,
  ResetOffset,
  TransactionCommitRequest,
} from '../src/groups/group-rpc.ts';
import { GroupService } from '../src/groups/group-service.ts';
import type { InstanceRequest } from '../src/groups/instances/instance-rpc.ts';
import type { MemberClaim } from '../src/groups/membership.ts';
import type { TransactionMarker } from '../src/log/transactions/transaction-marker.ts';
import { systemClock } from '../src/platform/clock.ts';
import { DurableAlarm } from '../src/platform/cloudflare/durable-alarm.ts';
import { DurableSqlStore } from '../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import { catalogStub, groupName, relayStub } from '../src/platform/cloudflare/object-directory.ts';

/** A consumer group's coordinator. Owns nothing but wiring; what it decides is in {@link GroupService}. */
export class Group extends DurableObject<Env> implements GroupRpc {
  readonly #service: GroupService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const pause = (ms: number) => scheduler.wait(ms);
    this.#service = new GroupService({
      sql: new DurableSqlStore(ctx.storage),
      alarm: new DurableAlarm(ctx.storage, systemClock),
      clock: systemClock,
      catalog: (ref) => new CatalogCaller({ connect: () => catalogStub(env, ref), random: Math.random, pause }),
      relay: (name) => relayStub(env, name),
      isOwn: (ref) => ctx.id.name === groupName(ref),
      pause,
      reportError: (error) =>
        console.error(JSON.stringify({ level: 'error', object: 'group', message: String(error) })),
    });
  }

  heartbeat(request: HeartbeatRequest) {
    return this.#service.heartbeat(request);
  }

  awaitNews(ref: GroupRef, claim: MemberClaim, waitMs: number) {
    return this.#service.awaitNews(ref, claim, waitMs);
  }

  leave(request: LeaveRequest) {
    return this.#service.leave(request);
  }

  commit(request: CommitRequest) {
    return this.#service.commit(request);
  }

  commitInTransaction(request: TransactionCommitRequest) {
    return this.#service.commitInTransaction(request);
  }

  writeTxnMarker(ref: GroupRef, marker: TransactionMarker) {
    return this.#service.writeTxnMarker(ref, marker);
  }

  keepFirstOffsets(ref: GroupRef, claim: MemberClaim, firsts: readonly FirstOffset[]) {
    return this.#service.keepFirstOffsets(ref, claim, firsts);
  }

  describe(ref: GroupRef) {
    return this.#service.describe(ref);
  }

  resetOffsets(ref: GroupRef, offsets: readonly ResetOffset[], undoes: number | null) {
    return this.#service.resetOffsets(ref, offsets, undoes);
  }

  listResets(ref: GroupRef) {
    return this.#service.listResets(ref);
  }

  deleteOffsets(ref: GroupRef, topic: string, partition: number | null) {
    return this.#service.deleteOffsets(ref, topic, partition);
  }

  deleteGroup(ref: GroupRef) {
    return this.#service.deleteGroup(ref);
  }

  callInstance(request: InstanceRequest) {
    return this.#service.callInstance(request);
  }

  callClassic(request: ClassicRequest) {
    return this.#service.callClassic(request);
  }

  callConsumer(request: ConsumerRequest) {
    return this.#service.callConsumer(request);
  }

  override alarm(): Promise<void> {
    return this.#service.runAlarm();
  }
}

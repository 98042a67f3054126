import { DurableObject } from 'cloudflare:workers';
import { CatalogCaller } from '../src/gateway/catalog-caller.ts';
import type {
  ShareConfigChange,
  ShareGroupRpc,
  ShareHeartbeatRequest,
  ShareTopic,
} from '../src/groups/share/share-group-rpc.ts';
import { ShareGroupService } from '../src/groups/share/share-group-service.ts';
import type { ShareGroupRef } from '../src/groups/share/share-ref.ts';
import { systemClock } from '../src/platform/clock.ts';
import { DurableAlarm } from '../src/platform/cloudflare/durable-alarm.ts';
import { DurableSqlStore } from '../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import { catalogStub, DurableObjectDirectory, shareGroupName } from '../src/platform/cloudflare/object-directory.ts';

/** A share group: its config, topics and members. Owns nothing but wiring; see {@link ShareGroupService}. */
export class ShareGroup extends DurableObject<Env> implements ShareGroupRpc {
  readonly #service: ShareGroupService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const directory = new DurableObjectDirectory(env);
    const pause = (ms: number) => scheduler.wait(ms);
    this.#service = new ShareGroupService({
      sql: new DurableSqlStore(ctx.storage),
      alarm: new DurableAlarm(ctx.storage, systemClock),
      clock: systemClock,
      catalog: (ref) => new CatalogCaller({ connect: () => catalogStub(env, ref), random: Math.random, pause }),
      partition: (ref) => directory.sharePartition(ref),
      isOwn: (ref) => ctx.id.name === shareGroupName(ref),
      newShareGroupId: () => crypto.randomUUID(),
      reportError: (error) =>
        console.error(JSON.stringify({ level: 'error', object: 'share-group', message: String(error) })),
    });
  }

  create(ref: ShareGroupRef, config: ShareConfigChange) {
    return this.#service.create(ref, config);
  }

  alter(ref: ShareGroupRef, change: ShareConfigChange) {
    return this.#service.alter(ref, change);
  }

  find(ref: ShareGroupRef) {
    return this.#service.find(ref);
  }

  heartbeat(request: ShareHeartbeatRequest) {
    return this.#service.heartbeat(request);
  }

  begun(ref: ShareGroupRef, shareGroupId: string, topics: readonly ShareTopic[]) {
    return this.#service.begun(ref, shareGroupId, topics);
  }

  leave(ref: ShareGroupRef, memberId: string) {
    return this.#service.leave(ref, memberId);
  }

  describe(ref: ShareGroupRef) {
    return this.#service.describe(ref);
  }

  delete(ref: ShareGroupRef) {
    return this.#service.delete(ref);
  }

  override alarm(): Promise<void> {
    return this.#service.runAlarm();
  }
}

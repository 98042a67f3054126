import { DurableObject } from 'cloudflare:workers';
import { platformPrincipal } from '../src/authorization/principal.ts';
import { createEdge, EdgeMemory } from '../src/gateway/edge.ts';
import { SharePartitionEdge } from '../src/gateway/share/share-partition-edge.ts';
import type {
  ShareAcquireRequest,
  ShareCall,
  SharePartitionRpc,
  ShareSettleRequest,
} from '../src/groups/share/share-partition-rpc.ts';
import { SharePartitionService } from '../src/groups/share/share-partition-service.ts';
import { type SharePartitionRef, sharePartitionObjectName } from '../src/groups/share/share-ref.ts';
import type { AcknowledgeCommand } from '../src/groups/share/share-state.ts';
import { systemClock } from '../src/platform/clock.ts';
import { DurableAlarm } from '../src/platform/cloudflare/durable-alarm.ts';
import { DurableSqlStore } from '../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import { DurableObjectDirectory } from '../src/platform/cloudflare/object-directory.ts';
import { R2BlobStore } from '../src/platform/cloudflare/r2-blob-store.ts';
import type { ClusterRef } from '../src/topics/catalog-rpc.ts';

/** Shares one partition among a share group's members. Owns nothing but wiring; see {@link SharePartitionService}. */
export class SharePartition extends DurableObject<Env> implements SharePartitionRpc {
  readonly #service: SharePartitionService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const edgeOf = (cluster: ClusterRef) =>
      createEdge({
        principal: platformPrincipal(cluster),
        directory: new DurableObjectDirectory(env),
        cluster,
        blobs: new R2BlobStore(env.SEGMENTS),
        clock: systemClock,
        random: Math.random,
        pause: (ms) => scheduler.wait(ms),
        memory: new EdgeMemory(),
      });
    const log = new SharePartitionEdge(edgeOf);
    this.#service = new SharePartitionService({
      sql: new DurableSqlStore(ctx.storage),
      alarm: new DurableAlarm(ctx.storage, systemClock),
      clock: systemClock,
      isOwn: (ref) => ctx.id.name === sharePartitionObjectName(ref),
      source: log,
      deadLetters: log,
      reportError: (error) =>
        console.error(JSON.stringify({ level: 'error', object: 'share-partition', message: String(error) })),
    });
  }

  open(call: ShareCall) {
    return this.#service.open(call);
  }

  acquire(request: ShareAcquireRequest) {
    return this.#service.acquire(request);
  }

  settle(request: ShareSettleRequest) {
    return this.#service.settle(request);
  }

  acknowledge(call: ShareCall, entries: readonly AcknowledgeCommand[]) {
    return this.#service.acknowledge(call, entries);
  }

  describe(ref: SharePartitionRef) {
    return this.#service.describe(ref);
  }

  reset(call: ShareCall) {
    return this.#service.reset(call);
  }

  close(ref: SharePartitionRef) {
    return this.#service.close(ref);
  }

  override alarm(): Promise<void> {
    return this.#service.runAlarm();
  }
}

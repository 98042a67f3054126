import { DurableObject } from 'cloudflare:workers';
import { createEdge, EdgeMemory } from '../src/gateway/edge.ts';
import { DeadLetterWriter } from '../src/gateway/share/dead-letter-writer.ts';
import { ShareSource } from '../src/gateway/share/share-source.ts';
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
import { localCluster } from '../src/topics/local-cluster.ts';

/** Shares one partition among a share group's members. Owns nothing but wiring; see {@link SharePartitionService}. */
export class SharePartition extends DurableObject<Env> implements SharePartitionRpc {
  readonly #service: SharePartitionService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const edge = createEdge({
      directory: new DurableObjectDirectory(env),
      cluster: localCluster,
      blobs: new R2BlobStore(env.SEGMENTS),
      clock: systemClock,
      random: Math.random,
      pause: (ms) => scheduler.wait(ms),
      memory: new EdgeMemory(),
    });
    this.#service = new SharePartitionService({
      sql: new DurableSqlStore(ctx.storage),
      alarm: new DurableAlarm(ctx.storage, systemClock),
      clock: systemClock,
      isOwn: (ref) => ctx.id.name === sharePartitionObjectName(ref),
      source: new ShareSource(edge),
      deadLetters: new DeadLetterWriter(edge),
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

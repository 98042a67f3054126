import { DurableObject } from 'cloudflare:workers';
import type { Principal } from '../src/authorization/principal.ts';
import { createQuotaGate, createUsageMeter } from '../src/composition.ts';
import { edgeAuthority } from '../src/gateway/credentials/edge-authority.ts';
import { PrincipalMemory } from '../src/gateway/credentials/principal-memory.ts';
import { createEdge, EdgeMemory } from '../src/gateway/edge.ts';
import { LogDoor } from '../src/gateway/jobs/log-door.ts';
import { QuotaBuckets } from '../src/gateway/quota-buckets.ts';
import { EdgeUsage } from '../src/gateway/usage/edge-usage.ts';
import type { JobRpc, StartJobRequest } from '../src/jobs/job-rpc.ts';
import { JobService } from '../src/jobs/job-service.ts';
import { type JobsRef, jobRunnerObjectName } from '../src/jobs/jobs-ref.ts';
import { systemClock } from '../src/platform/clock.ts';
import { DurableAlarm } from '../src/platform/cloudflare/durable-alarm.ts';
import { DurableSqlStore } from '../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import { DurableObjectDirectory, organizationStub } from '../src/platform/cloudflare/object-directory.ts';
import { R2BlobStore } from '../src/platform/cloudflare/r2-blob-store.ts';

/** Runs the jobs of a cluster. Owns nothing but wiring; what it does is decided in {@link JobService}. */
export class JobRunner extends DurableObject<Env> implements JobRpc {
  readonly #service: JobService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const keepAlive = (work: Promise<unknown>) => ctx.waitUntil(work);
    const memory = new EdgeMemory();
    const edgeOf = (cluster: JobsRef, principal: Principal) =>
      createEdge({
        principal,
        directory: new DurableObjectDirectory(env),
        cluster,
        blobs: new R2BlobStore(env.SEGMENTS),
        clock: systemClock,
        random: Math.random,
        pause: (ms) => scheduler.wait(ms),
        memory,
      });
    this.#service = new JobService({
      sql: new DurableSqlStore(ctx.storage),
      alarm: new DurableAlarm(ctx.storage, systemClock),
      clock: systemClock,
      isOwn: (ref) => ctx.id.name === jobRunnerObjectName(ref),
      door: new LogDoor({
        edgeOf,
        authority: edgeAuthority({
          memory: new PrincipalMemory(),
          clock: systemClock,
          organization: (orgId) => organizationStub(env, orgId),
          connection: `jobs ${ctx.id.name}`,
          holder: null,
        }),
        quotas: createQuotaGate(env, keepAlive, new QuotaBuckets()),
        usage: createUsageMeter(env, keepAlive, new EdgeUsage()),
        clock: systemClock,
      }),
      reportError: (error) => console.error(JSON.stringify({ level: 'error', object: 'jobs', message: String(error) })),
    });
  }

  startJob(request: StartJobRequest) {
    return this.#service.startJob(request);
  }

  listJobs(ref: JobsRef) {
    return this.#service.listJobs(ref);
  }

  describeJob(ref: JobsRef, jobId: string) {
    return this.#service.describeJob(ref, jobId);
  }

  cancelJob(ref: JobsRef, jobId: string) {
    return this.#service.cancelJob(ref, jobId);
  }

  redriven(ref: JobsRef, groupId: string) {
    return this.#service.redriven(ref, groupId);
  }

  endJobs(ref: JobsRef) {
    return this.#service.endJobs(ref);
  }

  override alarm(): Promise<void> {
    return this.#service.runAlarm();
  }
}

import type { PartitionPorts } from '../../log/partition-service.ts';
import { reportsToNobody } from '../../log/usage/usage-report.ts';
import { systemClock } from '../clock.ts';
import { DurableAlarm } from './durable-alarm.ts';
import { durableAuthority } from './durable-authority.ts';
import { DurableCommitPacer } from './durable-commit-pacer.ts';
import { DurableSqlStore } from './durable-sql-store.ts';
import type { Env } from './env.ts';
import { HmacSigner } from './hmac-signer.ts';
import { catalogStub, organizationStub, relayStub } from './object-directory.ts';
import { R2BlobStore } from './r2-blob-store.ts';
import { sha256Hex } from './sha256.ts';

/** A partition's ports over its Durable Object and the bindings of the deployment. */
export function durablePartitionPorts(
  ctx: DurableObjectState,
  env: Env,
  door: Pick<PartitionPorts, 'quotas' | 'refused'>,
): PartitionPorts {
  return {
    ...door,
    sql: new DurableSqlStore(ctx.storage),
    clock: systemClock,
    pacer: new DurableCommitPacer(ctx.storage),
    alarm: new DurableAlarm(ctx.storage, systemClock),
    authority: durableAuthority(env, { kind: 'partition', name: ctx.id.name ?? '' }),
    pause: (ms) => scheduler.wait(ms),
    signer: new HmacSigner(env.MILLRACE_SECRET),
    blobs: new R2BlobStore(env.SEGMENTS),
    sha256: sha256Hex,
    newObjectId: () => crypto.randomUUID(),
    relays: { deliver: (relay, delivery) => relayStub(env, relay).deliver(delivery) },
    report: async (ref, description, witness, written) => {
      await catalogStub(env, ref).reportPartitions(ref, [{ ...description, topicId: ref.topicId, witness, written }]);
    },
    reportUsage:
      env.MILLRACE_MODE === 'open'
        ? reportsToNobody
        : (report) => organizationStub(env, report.ref.orgId).reportUsage(report.ref.orgId, report),
    witness: (ref) => catalogStub(env, ref).partitionWitness(ref, ref.topicId, ref.partition),
    reportIncident: ({ event, failure }) => console.error(JSON.stringify({ level: 'error', event, ...failure })),
    panic: (cause) => {
      console.error(JSON.stringify({ event: 'partition-panic', cause: String(cause) }));
      ctx.abort('the partition gave up its memory after a failed write');
    },
    yieldTurn: () => new Promise((resolve) => setTimeout(resolve, 0)),
  };
}

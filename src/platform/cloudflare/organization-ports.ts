import { operatorCapsOf } from '../../limits/caps.ts';
import { operatorRatesOf } from '../../limits/operator-rates.ts';
import type { OrganizationPorts } from '../../tenancy/organization-ports.ts';
import { organizationObjectName } from '../../tenancy/organization-ref.ts';
import { systemClock } from '../clock.ts';
import { AesSealer } from './aes-sealer.ts';
import { DurableAlarm } from './durable-alarm.ts';
import { DurableSqlStore } from './durable-sql-store.ts';
import type { Env } from './env.ts';
import { HmacSigner } from './hmac-signer.ts';
import { catalogStub, DurableObjectDirectory, directoryStub, socketHolderStub } from './object-directory.ts';
import { scramCredentials } from './scram-credentials.ts';
import { sha256Hex } from './sha256.ts';

/** What an organization needs of the world, out of what its Durable Object is given. */
export function durableOrganizationPorts(ctx: DurableObjectState, env: Env): OrganizationPorts {
  const directory = new DurableObjectDirectory(env);
  return {
    sql: new DurableSqlStore(ctx.storage),
    alarm: new DurableAlarm(ctx.storage, systemClock),
    clock: systemClock,
    signer: new HmacSigner(env.MILLRACE_SECRET),
    sealer: new AesSealer(env.MILLRACE_SECRET),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    scram: scramCredentials,
    environment: env.MILLRACE_KEY_ENVIRONMENT === 'local' ? 'local' : 'live',
    sha256: sha256Hex,
    isOwn: (orgId) => ctx.id.name === organizationObjectName(orgId),
    foundCluster: (cluster, caps) => catalogStub(env, cluster).found(cluster, caps),
    operatorCaps: operatorCapsOf(env.MILLRACE_CAPS),
    operatorRates: operatorRatesOf(env.MILLRACE_QUOTAS),
    claimIssuer: (orgId, issuer) => directoryStub(env).claimIssuer(orgId, issuer),
    releaseIssuer: (orgId, issuer, audience) => directoryStub(env).releaseIssuer(orgId, issuer, audience),
    tellHolder: ({ kind, name }) => socketHolderStub(env, kind, name).rightsTaken(),
    enterDirectory: (entry) => directoryStub(env).enter(entry),
    leaveDirectory: (orgId) => directoryStub(env).leave(orgId),
    endCatalog: (cluster) => catalogStub(env, cluster).end(cluster),
    deleteGroup: (group) => directory.group(group).deleteGroup(group),
    deleteShareGroup: (group) => directory.shareGroup(group).delete(group),
    endJobs: (cluster) => directory.jobs(cluster).endJobs(cluster),
    endTransaction: (transaction) => directory.transaction(transaction).end(transaction),
    reportError: (error) =>
      console.error(JSON.stringify({ level: 'error', object: 'organization', message: String(error) })),
  };
}

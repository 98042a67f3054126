import { operatorCapsOf } from '../../limits/caps.ts';
import type { CatalogPorts } from '../../topics/catalog-service.ts';
import { isClusterObject } from '../../topics/cluster-object-name.ts';
import { systemClock } from '../clock.ts';
import { DurableAlarm } from './durable-alarm.ts';
import { DurableSqlStore } from './durable-sql-store.ts';
import type { Env } from './env.ts';
import { HmacSigner } from './hmac-signer.ts';
import { DurableObjectDirectory } from './object-directory.ts';

/** What a cluster's catalog needs of the world, out of what its Durable Object is given. */
export function durableCatalogPorts(
  ctx: DurableObjectState,
  env: Env,
  webhooks: CatalogPorts['webhooks'],
): CatalogPorts {
  const directory = new DurableObjectDirectory(env);
  return {
    sql: new DurableSqlStore(ctx.storage),
    alarm: new DurableAlarm(ctx.storage, systemClock),
    clock: systemClock,
    signer: new HmacSigner(env.MILLRACE_SECRET),
    newTopicId: () => crypto.randomUUID(),
    operatorCaps: operatorCapsOf(env.MILLRACE_CAPS),
    webhooks,
    isOwn: (cluster) => isClusterObject(ctx.id.name, cluster),
    partition: (ref) => directory.partition(ref),
    reportError: (error) =>
      console.error(JSON.stringify({ level: 'error', object: 'cluster', message: String(error) })),
  };
}

import { DurableAlarm } from '../../../src/platform/cloudflare/durable-alarm.ts';
import type { CatalogRpc } from '../../../src/topics/catalog-rpc.ts';
import { CatalogService } from '../../../src/topics/catalog-service.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import { webhookPorts } from '../../support/webhook-ports.ts';
import { copied } from '../message-copy.ts';
import type { Caller } from '../network.ts';
import { type Life, SimulatedObject } from '../simulated-object.ts';
import type { Platform } from '../simulated-platform.ts';
import { TransportError } from '../transport-errors.ts';
import { partitionStub } from './partition-object.ts';

export type CatalogObject = SimulatedObject<CatalogService>;

/** The cluster's object, wired as durable-objects/cluster.ts wires it. */
export function createCatalogObject(platform: Platform, name: string): CatalogObject {
  return new SimulatedObject<CatalogService>(
    platform.world,
    name,
    (life) => constructCatalog(platform, life),
    (catalog) => catalog.runAlarm(),
  );
}

function constructCatalog(platform: Platform, life: Life<CatalogService>): CatalogService {
  const { object } = life;
  const catalog = new CatalogService({
    sql: object.storeOf(life),
    alarm: new DurableAlarm(object.alarmStorageOf(life), object.clock),
    clock: object.clock,
    signer: platform.signer,
    operatorCaps: {},
    webhooks: webhookPorts(),
    newTopicId: () => platform.newTopicId(),
    isOwn: ({ clusterId }) => clusterId === localCluster.clusterId,
    partition: (ref) => partitionStub(platform, life, ref),
    reportError: (error) => {
      if (!(error instanceof TransportError)) platform.world.violate(`the catalog's alarm failed: ${String(error)}`);
    },
  });
  // An instance whose storage fails while it resumes is reset, so a failure here goes no further.
  life.ready = catalog.resume().catch(() => undefined);
  return catalog;
}

/** The catalog as a caller reaches it over the simulated network. */
export function catalogStub(platform: Platform, caller: Caller): CatalogRpc {
  return new Proxy({} as CatalogRpc, {
    get:
      (_, verb: string) =>
      (...args: unknown[]) => {
        const sent = copied(args);
        return platform.network.call(caller, platform.cluster, verb, async (catalog) =>
          copied(await catalog[verb as 'createTopic'](...(copied(sent) as Parameters<CatalogRpc['createTopic']>))),
        );
      },
  });
}

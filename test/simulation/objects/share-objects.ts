import { platformPrincipal } from '../../../src/authorization/principal.ts';
import { CatalogCaller } from '../../../src/gateway/catalog-caller.ts';
import { createEdge, EdgeMemory } from '../../../src/gateway/edge.ts';
import { SharePartitionEdge } from '../../../src/gateway/share/share-partition-edge.ts';
import type { ShareGroupRpc } from '../../../src/groups/share/share-group-rpc.ts';
import { ShareGroupService } from '../../../src/groups/share/share-group-service.ts';
import type { SharePartitionRpc } from '../../../src/groups/share/share-partition-rpc.ts';
import { SharePartitionService } from '../../../src/groups/share/share-partition-service.ts';
import {
  type ShareGroupRef,
  type SharePartitionRef,
  sharePartitionObjectName,
} from '../../../src/groups/share/share-ref.ts';
import { DurableAlarm } from '../../../src/platform/cloudflare/durable-alarm.ts';
import type { ClusterRef } from '../../../src/topics/catalog-rpc.ts';
import type { Caller } from '../network.ts';
import { type Life, SimulatedObject } from '../simulated-object.ts';
import type { Platform } from '../simulated-platform.ts';
import { TransportError } from '../transport-errors.ts';
import { catalogStub } from './catalog-object.ts';
import { callVerb, objectStub } from './object-stub.ts';
import { partitionStub } from './partition-object.ts';

export type ShareGroupObject = SimulatedObject<ShareGroupService>;

export type SharePartitionInstance = {
  readonly life: Life<SharePartitionInstance>;
  readonly service: SharePartitionService;
};

export type SharePartitionObject = SimulatedObject<SharePartitionInstance>;

/** A share group's object, wired as durable-objects/share-group.ts wires it. */
export function createShareGroupObject(platform: Platform, own: ShareGroupRef, name: string): ShareGroupObject {
  const { world } = platform;
  return new SimulatedObject<ShareGroupService>(
    world,
    name,
    (life) =>
      new ShareGroupService({
        sql: life.object.storeOf(life),
        alarm: new DurableAlarm(life.object.alarmStorageOf(life), life.object.clock),
        clock: life.object.clock,
        catalog: () =>
          new CatalogCaller({
            connect: () => catalogStub(platform, life),
            random: () => world.random.next(),
            pause: (ms) => life.sleep(ms, 'pauses'),
          }),
        partition: (ref) => sharePartitionStub(platform, life, ref),
        isOwn: (ref) => ref.groupId === own.groupId,
        newShareGroupId: () => platform.newObjectId(),
        reportError: (error) => reportUnexpected(platform, life.name, error),
      }),
    (service) => service.runAlarm(),
  );
}

/** The object that shares one partition, wired as durable-objects/share-partition.ts wires it. */
export function createSharePartitionObject(platform: Platform, own: SharePartitionRef): SharePartitionObject {
  const object: SharePartitionObject = new SimulatedObject<SharePartitionInstance>(
    platform.world,
    sharePartitionObjectName(own),
    (life) => constructSharePartition(platform, own, life),
    ({ service }) => service.runAlarm(),
  );
  object.observer = platform.shareJudge.watch(own, object);
  return object;
}

function constructSharePartition(
  platform: Platform,
  own: SharePartitionRef,
  life: Life<SharePartitionInstance>,
): SharePartitionInstance {
  const { world } = platform;
  const { object } = life;
  const edgeOf = (cluster: ClusterRef) =>
    createEdge({
      principal: platformPrincipal(cluster),
      directory: {
        partition: (ref) => partitionStub(platform, life, ref),
        catalog: () => catalogStub(platform, life),
      },
      cluster,
      blobs: platform.blobs.as(life),
      clock: object.clock,
      random: () => world.random.next(),
      pause: (ms) => life.sleep(ms, 'pauses'),
      memory: new EdgeMemory(),
    });
  const log = new SharePartitionEdge(edgeOf);
  const service = new SharePartitionService({
    sql: object.storeOf(life),
    alarm: new DurableAlarm(object.alarmStorageOf(life), object.clock),
    clock: object.clock,
    isOwn: (ref) => sharePartitionObjectName(ref) === sharePartitionObjectName(own),
    source: log,
    deadLetters: log,
    reportError: (error) => reportUnexpected(platform, life.name, error),
  });
  return { life, service };
}

function reportUnexpected({ world }: Platform, name: string, error: unknown): void {
  if (!(error instanceof TransportError)) world.violate(`${name} reported ${String(error)}`);
}

/** A share group as a caller reaches it. */
export function shareGroupStub(platform: Platform, caller: Caller, ref: ShareGroupRef): ShareGroupRpc {
  return objectStub<ShareGroupRpc, ShareGroupService>(platform, caller, platform.shareGroup(ref), callVerb);
}

/** A shared partition as a caller reaches it; the judge is told of every call while it is handled. */
export function sharePartitionStub(platform: Platform, caller: Caller, ref: SharePartitionRef): SharePartitionRpc {
  const target = platform.sharePartition(ref);
  return objectStub<SharePartitionRpc, SharePartitionInstance>(platform, caller, target, ({ service }, verb, args) =>
    platform.shareJudge.handling(ref, verb, args, () => callVerb(service, verb, args)),
  );
}

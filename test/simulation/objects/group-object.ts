import { CatalogCaller } from '../../../src/gateway/catalog-caller.ts';
import type { GroupRef } from '../../../src/groups/group-ref.ts';
import type { GroupRpc } from '../../../src/groups/group-rpc.ts';
import { GroupService } from '../../../src/groups/group-service.ts';
import { DurableAlarm } from '../../../src/platform/cloudflare/durable-alarm.ts';
import type { Caller } from '../network.ts';
import { type Life, SimulatedObject } from '../simulated-object.ts';
import type { Platform } from '../simulated-platform.ts';
import { TransportError } from '../transport-errors.ts';
import { catalogStub } from './catalog-object.ts';
import { callVerb, objectStub } from './object-stub.ts';

export type GroupInstance = { readonly life: Life<GroupInstance>; readonly service: GroupService };

export type GroupObject = SimulatedObject<GroupInstance>;

/** A consumer group's object, wired as durable-objects/group.ts wires it; no relay has members of it. */
export function createGroupObject(platform: Platform, ref: GroupRef, name: string): GroupObject {
  const { world } = platform;
  const object: GroupObject = new SimulatedObject<GroupInstance>(
    world,
    name,
    (life) => constructGroup(platform, ref, life),
    ({ service }) => service.runAlarm(),
  );
  object.observer = platform.groupJudge.watch(ref.groupId, object.store);
  return object;
}

function constructGroup(platform: Platform, own: GroupRef, life: Life<GroupInstance>): GroupInstance {
  const { world } = platform;
  const { object } = life;
  const pause = (ms: number) => life.sleep(ms, 'pauses');
  const service = new GroupService({
    sql: object.storeOf(life),
    alarm: new DurableAlarm(object.alarmStorageOf(life), object.clock),
    clock: object.clock,
    catalog: () =>
      new CatalogCaller({ connect: () => catalogStub(platform, life), random: () => world.random.next(), pause }),
    relay: (name) => {
      throw new Error(`no relay has members of a simulated group: ${name}`);
    },
    isOwn: (ref) => ref.groupId === own.groupId,
    pause,
    reportError: (error) => {
      if (!(error instanceof TransportError)) world.violate(`${life.name} reported ${String(error)}`);
    },
  });
  return { life, service };
}

/** A group as a caller reaches it; the judge is told of every call while it is handled. */
export function groupStub(platform: Platform, caller: Caller, ref: GroupRef): GroupRpc {
  const { groupId } = ref;
  return objectStub<GroupRpc, GroupInstance>(platform, caller, platform.group(ref), ({ life, service }, verb, args) => {
    const whenDurable = (run: () => void) => life.output(run);
    const call = { groupId, verb, args, isZombie: life.state !== 'alive', whenDurable };
    return platform.groupJudge.handling(call, () => callVerb(service, verb, args));
  });
}

import { type GroupRef, groupObjectName } from '../../src/groups/group-ref.ts';
import type { GroupRelayRpc } from '../../src/groups/group-rpc.ts';
import { GroupService } from '../../src/groups/group-service.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import type { CatalogRpc } from '../../src/topics/catalog-rpc.ts';

type MemoryGroup = { readonly sql: NodeSqlStore; readonly alarm: MemoryAlarm; service: GroupService };

export type MemoryGroupPorts = {
  readonly clock: Clock;
  readonly catalog: () => CatalogRpc;
  readonly relay?: (name: string) => GroupRelayRpc;
  /** How calls wait for news; at once over by default. */
  readonly pause?: ((ms: number) => Promise<void>) | undefined;
};

/** Groups without a runtime: each object's real service over a SQLite of its own. */
export class MemoryGroups {
  readonly #ports: MemoryGroupPorts;
  readonly #groups = new Map<string, MemoryGroup>();

  constructor(ports: MemoryGroupPorts) {
    this.#ports = ports;
  }

  service(ref: GroupRef): GroupService {
    return this.#group(ref).service;
  }

  alarm(ref: GroupRef): MemoryAlarm {
    return this.#group(ref).alarm;
  }

  /** What the object has stored. */
  sql(ref: GroupRef): NodeSqlStore {
    return this.#group(ref).sql;
  }

  get stores(): readonly NodeSqlStore[] {
    return [...this.#groups.values()].map(({ sql }) => sql);
  }

  /** Loses the object's memory, as an eviction or a crash does; what is stored stays. */
  restart(ref: GroupRef): GroupService {
    const group = this.#group(ref);
    group.service = this.#serve(ref, group.sql, group.alarm);
    return group.service;
  }

  /** Runs every alarm that is due, as the platform does, until none is. */
  async runAlarms(): Promise<void> {
    for (const group of this.#groups.values()) {
      for (let run = 0; run < maxAlarmRuns && isDue(group.alarm, this.#ports.clock.nowMs()); run++) {
        group.alarm.take();
        await group.service.runAlarm();
      }
    }
  }

  #group(ref: GroupRef): MemoryGroup {
    const name = groupObjectName(ref.clusterId, ref.groupId);
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const sql = new NodeSqlStore();
    const alarm = new MemoryAlarm();
    const group = { sql, alarm, service: this.#serve(ref, sql, alarm) };
    this.#groups.set(name, group);
    return group;
  }

  #serve(own: GroupRef, sql: NodeSqlStore, alarm: MemoryAlarm): GroupService {
    return new GroupService({
      sql,
      alarm,
      clock: this.#ports.clock,
      catalog: this.#ports.catalog,
      relay: this.#ports.relay ?? (() => absentRelay),
      isOwn: (ref) => ref.groupId === own.groupId && ref.clusterId === own.clusterId,
      pause: this.#ports.pause ?? (() => Promise.resolve()),
      reportError: (error) => {
        throw error;
      },
    });
  }
}

/** An alarm that keeps arming itself for now would turn for ever. */
const maxAlarmRuns = 10;

const isDue = (alarm: MemoryAlarm, nowMs: number): boolean => alarm.atMs !== null && alarm.atMs <= nowMs;

const absentRelay: GroupRelayRpc = {
  groupChanged: async () => {},
  confirmMembers: async () => [],
};

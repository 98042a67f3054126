import type { DeadLetterDoor } from '../../src/groups/share/dead-letter.ts';
import { ShareGroupService } from '../../src/groups/share/share-group-service.ts';
import { SharePartitionService, type SourceLog } from '../../src/groups/share/share-partition-service.ts';
import {
  type ShareGroupRef,
  type SharePartitionRef,
  shareGroupObjectName,
  sharePartitionObjectName,
} from '../../src/groups/share/share-ref.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import type { CatalogRpc } from '../../src/topics/catalog-rpc.ts';

type Kept<Service> = { readonly sql: NodeSqlStore; readonly alarm: MemoryAlarm; service: Service };

export type MemorySharePorts = {
  readonly clock: Clock;
  readonly catalog: () => CatalogRpc;
  readonly source: SourceLog;
  readonly deadLetters: DeadLetterDoor;
};

/** Share groups without a runtime: each object's real service over a SQLite of its own. */
export class MemoryShares {
  readonly #ports: MemorySharePorts;
  readonly #groups = new Map<string, Kept<ShareGroupService>>();
  readonly #partitions = new Map<string, Kept<SharePartitionService> & { readonly ref: SharePartitionRef }>();
  #founded = 0;

  constructor(ports: MemorySharePorts) {
    this.#ports = ports;
  }

  group(ref: ShareGroupRef): ShareGroupService {
    const name = shareGroupObjectName(ref.clusterId, ref.groupId);
    let kept = this.#groups.get(name);
    if (kept === undefined) {
      const [sql, alarm] = [new NodeSqlStore(), new MemoryAlarm()];
      const service = new ShareGroupService({
        sql,
        alarm,
        clock: this.#ports.clock,
        catalog: this.#ports.catalog,
        partition: (place) => this.partition(place),
        isOwn: (own) => shareGroupObjectName(own.clusterId, own.groupId) === name,
        newShareGroupId: () => `share-group-${++this.#founded}`,
        reportError,
      });
      kept = { sql, alarm, service };
      this.#groups.set(name, kept);
    }
    return kept.service;
  }

  partition(ref: SharePartitionRef): SharePartitionService {
    const name = sharePartitionObjectName(ref);
    let kept = this.#partitions.get(name);
    if (kept === undefined) {
      const [sql, alarm] = [new NodeSqlStore(), new MemoryAlarm()];
      kept = { ref, sql, alarm, service: this.#serve(ref, sql, alarm) };
      this.#partitions.set(name, kept);
    }
    return kept.service;
  }

  get stores(): readonly NodeSqlStore[] {
    return [...this.#groups.values(), ...this.#partitions.values()].map(({ sql }) => sql);
  }

  /** Every object of a partition loses its memory, as an eviction or a crash does; what is stored stays. */
  restartPartitions(): void {
    for (const kept of this.#partitions.values()) kept.service = this.#serve(kept.ref, kept.sql, kept.alarm);
  }

  /** Runs every alarm that is due, as the platform does, until none is. */
  async runAlarms(): Promise<void> {
    for (const kept of [...this.#groups.values(), ...this.#partitions.values()]) {
      for (let run = 0; run < maxAlarmRuns && isDue(kept.alarm, this.#ports.clock.nowMs()); run++) {
        kept.alarm.take();
        await kept.service.runAlarm();
      }
    }
  }

  #serve(own: SharePartitionRef, sql: NodeSqlStore, alarm: MemoryAlarm): SharePartitionService {
    return new SharePartitionService({
      sql,
      alarm,
      clock: this.#ports.clock,
      isOwn: (ref) => sharePartitionObjectName(ref) === sharePartitionObjectName(own),
      source: this.#ports.source,
      deadLetters: this.#ports.deadLetters,
      reportError,
    });
  }
}

/** An alarm that keeps arming itself for now would turn for ever. */
const maxAlarmRuns = 10;

const isDue = (alarm: MemoryAlarm, nowMs: number): boolean => alarm.atMs !== null && alarm.atMs <= nowMs;

const reportError = (error: unknown): never => {
  throw error;
};

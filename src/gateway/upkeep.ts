import type { Failure, Result } from '../errors/result.ts';
import { failed, ok } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { DeleteBefore } from '../log/delete-records.ts';
import type { MaintenanceReport } from '../log/maintenance/maintenance-job.ts';
import type { Clock } from '../platform/clock.ts';
import type { CatalogRpc, ClusterRef, GrantedPartition, PartitionKey } from '../topics/catalog-rpc.ts';
import type { PartitionCaller, TopicRoutes } from './ports.ts';
import { inWaves, partitionsAtOnce } from './waves.ts';

/** No further partition is begun after this: the answer then says where to go on. */
const runMs = 15_000;

/** Partitions in one answer. */
const partitionsPerRun = limits.partitionsPerMaintenanceRun.value;

/** What one partition's maintenance did, or why it could not be run. */
export type PartitionRun = GrantedPartition & { readonly outcome: Result<MaintenanceReport> };

export type UpkeepRun = { readonly runs: readonly PartitionRun[]; readonly next: PartitionKey | null };

/** What a sweep came to. */
export type Sweep = { readonly woken: number; readonly failures: readonly (GrantedPartition & Failure)[] };

/** Maintenance as it is asked for from outside: by people, and by the sweep that finds what an alarm lost. */
export class Upkeep {
  readonly #ports: {
    readonly catalog: CatalogRpc;
    readonly cluster: ClusterRef;
    readonly routes: TopicRoutes;
    readonly partitions: PartitionCaller;
    readonly clock: Clock;
  };

  constructor(ports: {
    readonly catalog: CatalogRpc;
    readonly cluster: ClusterRef;
    readonly routes: TopicRoutes;
    readonly partitions: PartitionCaller;
    readonly clock: Clock;
  }) {
    this.#ports = ports;
  }

  /** Kafka's DeleteRecords: the partition's log starts at `before` from now on, or where it starts already. */
  async deleteRecords(
    topic: string,
    partition: number,
    before: DeleteBefore,
  ): Promise<Result<{ readonly logStartOffset: number }>> {
    const route = await this.#ports.routes.find(topic);
    if (!route.ok) return route;
    if (partition >= route.value.partitionCount) {
      return failed(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `Topic "${topic}" has partitions 0 to ${route.value.partitionCount - 1}, not ${partition}.`,
        { partitions: route.value.partitionCount },
      );
    }
    return this.#ports.partitions.call(
      route.value,
      partition,
      (stub, ref, configVersion) => stub.deleteRecords(ref, configVersion, before),
      // The log start only moves up: a repeated `latest` may delete what came in between, as one that came late would.
      { repeatable: before !== 'latest' },
    );
  }

  /** Runs all upkeep that is due in the partitions of a topic, or of all topics, from `after` on. */
  async run(topic: string | null, after: PartitionKey | null): Promise<Result<UpkeepRun>> {
    const { catalog, cluster, clock } = this.#ports;
    const endMs = clock.nowMs() + runMs;
    const listed = await catalog.listPartitions(cluster, { topic, after, limit: partitionsPerRun });
    if (!listed.ok) return listed;
    const { partitions, next } = listed.value;
    const runs: PartitionRun[] = [];
    while (runs.length < partitions.length) {
      if (runs.length > 0 && clock.nowMs() >= endMs) return ok({ runs, next: keyOf(runs.at(-1)) });
      const wave = partitions.slice(runs.length, runs.length + partitionsAtOnce);
      runs.push(...(await Promise.all(wave.map((partition) => this.#maintain(partition)))));
    }
    return ok({ runs, next });
  }

  /** Wakes partitions whose upkeep is overdue. Never throws; what fails is given out again by a later sweep. */
  async sweep(): Promise<Result<Sweep>> {
    const overdue = await this.#ports.catalog.takeOverduePartitions(this.#ports.cluster);
    if (!overdue.ok) return overdue;
    const runs = await inWaves(overdue.value.partitions, (partition) => this.#maintain(partition));
    const failures = runs.flatMap(({ outcome, ...partition }) =>
      outcome.ok ? [] : [{ ...partition, ...outcome.error }],
    );
    return ok({ woken: runs.length - failures.length, failures });
  }

  async #maintain(partition: GrantedPartition): Promise<PartitionRun> {
    const route = await this.#ports.routes.find(partition.topic);
    if (!route.ok) return { ...partition, outcome: route };
    const outcome = await this.#ports.partitions.call(
      route.value,
      partition.partition,
      (stub, ref, configVersion) => stub.maintain(ref, configVersion),
      { repeatable: true },
    );
    return { ...partition, outcome };
  }
}

/** What a sweep goes through: partitions, or coordinators of transactions. */
export type Swept = {
  sweep(): Promise<Result<{ readonly woken: number; readonly failures: readonly Failure[] }>>;
};

/** One sweep whose outcome is only logged: whoever ticks it can do nothing about a failure, and the next tick comes. */
export async function sweepReporting(what: Swept, log: (line: object) => void): Promise<void> {
  try {
    const sweep = await what.sweep();
    if (!sweep.ok) log({ level: 'error', event: 'sweep-failed', ...sweep.error });
    else if (sweep.value.failures.length > 0) log({ level: 'warning', event: 'sweep', ...sweep.value });
    else if (sweep.value.woken > 0) log({ level: 'info', event: 'sweep', ...sweep.value });
  } catch (cause) {
    log({ level: 'error', event: 'sweep-failed', message: String(cause) });
  }
}

function keyOf(partition: GrantedPartition | undefined): PartitionKey | null {
  return partition === undefined ? null : { topicId: partition.topicId, partition: partition.partition };
}

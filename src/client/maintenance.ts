import type { MaintenanceJson } from '../contracts/maintenance.ts';
import { type HttpDoor, topicPath } from './http-door.ts';

/** What one run of a partition's maintenance did. */
export type PartitionMaintenance = {
  readonly topic: string;
  readonly partition: number;
  /** Empty when the partition could not be reached: `failure` says why. */
  readonly jobs: readonly {
    /** retention, compaction, tiering, ... */
    readonly job: string;
    /** What was done, by name of what is counted; empty when nothing was due. */
    readonly done: Readonly<Record<string, number>>;
    /** Milliseconds since 1970; null when nothing is left for it. */
    readonly nextDueAt: number | null;
    readonly failure: { readonly code: string; readonly detail: string } | null;
  }[];
  readonly failure: { readonly code: string; readonly detail: string } | null;
};

export type MaintainOptions = {
  /** All topics without it. */
  readonly topic?: string;
  readonly signal?: AbortSignal;
};

/** Has partitions do at once what is due, one run after the other; yields what each did. */
export async function* runMaintenance(
  door: HttpDoor,
  { topic, signal }: MaintainOptions,
): AsyncGenerator<PartitionMaintenance, void, undefined> {
  const path = topic === undefined ? '/v1/maintenance' : topicPath(topic, '/maintenance');
  const runs = door.pages<MaintenanceJson>({ method: 'POST', path, signal });
  for await (const run of runs) yield* run.partitions.map(ofJson);
}

function ofJson(json: MaintenanceJson['partitions'][number]): PartitionMaintenance {
  const { topic, partition, jobs = [], failure = null } = json;
  return {
    topic,
    partition,
    jobs: jobs.map((job) => ({ job: job.job, done: job.done, nextDueAt: job.next_due_at, failure: job.failure })),
    failure,
  };
}

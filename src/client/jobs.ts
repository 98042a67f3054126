import type { JobJson, JobListJson, JobPlanJson, RedrivenJson } from '../contracts/jobs.ts';
import { type HttpDoor, jsonBody } from './http-door.ts';
import { shareGroupPath } from './share-groups.ts';

/** Where a range begins or ends; a moment is the first record at or after it, in ms since 1970. */
export type JobPlace = 'earliest' | 'latest' | { readonly offset: number } | { readonly timestamp: number };

export type ReplayOptions = {
  readonly source: string;
  readonly target: string;
  /** All of the source by default; offsets need one. */
  readonly partition?: number | undefined;
  /** `earliest` by default. */
  readonly from?: JobPlace | undefined;
  /** `latest` by default: the end as it is when the job starts. */
  readonly to?: JobPlace | undefined;
  /** A filter; only the records that it means are copied. */
  readonly where?: string | undefined;
};

export type RedriveOptions = {
  /** A share group with a dead-letter topic. */
  readonly group: string;
  /** One letter, by its place in the dead-letter topic; all that did not go back yet by default. */
  readonly letter?: { readonly partition: number; readonly offset: number } | undefined;
};

/** Offsets `from` up to, and without, `to`. */
export type JobRange = { readonly partition: number; readonly from: number; readonly to: number };

export type JobPlan = {
  readonly source: string;
  readonly target: string | null;
  readonly partitions: readonly JobRange[];
  readonly offsets: number;
};

type JobProblem = { readonly code: string; readonly message: string };

export type Job = {
  readonly jobId: string;
  readonly kind: 'replay' | 'redrive';
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  readonly source: string;
  readonly target: string | null;
  readonly group: string | null;
  readonly where: string | null;
  readonly startedBy: string;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly endedAt: number | null;
  /** Everything below `next` is done. */
  readonly partitions: readonly (JobRange & { readonly next: number })[];
  readonly offsets: number;
  readonly offsetsDone: number;
  readonly read: number;
  readonly written: number;
  readonly writtenBytes: number;
  /** Read and not written. */
  readonly passedOver: number;
  /** Why the last step could not be done, while it is tried again. */
  readonly waitingFor: JobProblem | null;
  readonly failure: JobProblem | null;
};

/** Which dead letters of a share group were sent back. */
export type Redriven = {
  readonly deadLetterTopic: string | null;
  /** Every letter of the group below `next` was sent back, or passed over. */
  readonly partitions: readonly { readonly partition: number; readonly next: number }[];
  /** Letters above it that were sent back one by one. */
  readonly letters: readonly { readonly partition: number; readonly offset: number }[];
};

type CallOptions = { readonly signal?: AbortSignal | undefined };

/** How often {@link Jobs.follow} asks, in ms. */
const followMs = 500;

/** Work that copies records in the background. Every verb rejects with a MillraceError. */
export class Jobs {
  readonly #door: HttpDoor;

  constructor(door: HttpDoor) {
    this.#door = door;
  }

  /** Copies a range of a topic to another topic. */
  replay({ signal, ...options }: ReplayOptions & CallOptions): Promise<Job> {
    return this.#start({ kind: 'replay', ...options }, signal);
  }

  /** Which offsets a replay would read. */
  planReplay({ signal, ...options }: ReplayOptions & CallOptions): Promise<JobPlan> {
    return this.#plan({ kind: 'replay', ...options }, signal);
  }

  /** Sends dead letters back to the partitions they came from. */
  redrive({ signal, ...options }: RedriveOptions & CallOptions): Promise<Job> {
    return this.#start({ kind: 'redrive', ...options }, signal);
  }

  /** Which dead letters of a share group were sent back. */
  async redriven(group: string, { signal }: CallOptions = {}): Promise<Redriven> {
    const path = `${shareGroupPath(group)}/redriven`;
    const json = await this.#door.json<RedrivenJson>({ method: 'GET', path, signal });
    return { deadLetterTopic: json.dead_letter_topic, partitions: json.partitions, letters: json.letters };
  }

  /** The newest first. */
  async list({ signal }: CallOptions = {}): Promise<Job[]> {
    const { jobs } = await this.#door.json<JobListJson>({ method: 'GET', path: '/v1/jobs', signal });
    return jobs.map(jobOf);
  }

  async describe(jobId: string, { signal }: CallOptions = {}): Promise<Job> {
    return jobOf(await this.#door.json<JobJson>({ method: 'GET', path: jobPath(jobId), signal }));
  }

  /** Yields the job again and again until it is over. */
  async *follow(jobId: string, { signal }: CallOptions = {}): AsyncGenerator<Job, void, undefined> {
    for (;;) {
      const job = await this.describe(jobId, { signal });
      yield job;
      if (job.state !== 'running') return;
      await new Promise((resolve) => setTimeout(resolve, followMs));
      signal?.throwIfAborted();
    }
  }

  /** Stops a job after its step; what it has copied stays. */
  async cancel(jobId: string, { signal }: CallOptions = {}): Promise<Job> {
    return jobOf(await this.#door.json<JobJson>({ method: 'POST', path: `${jobPath(jobId)}/cancel`, signal }));
  }

  async #start(request: object, signal: AbortSignal | undefined): Promise<Job> {
    return jobOf(await this.#door.json<JobJson>({ method: 'POST', path: '/v1/jobs', body: jsonBody(request), signal }));
  }

  async #plan(request: object, signal: AbortSignal | undefined): Promise<JobPlan> {
    const body = jsonBody({ ...request, dry_run: true });
    const { source, target, partitions, offsets } = await this.#door.json<JobPlanJson>({
      method: 'POST',
      path: '/v1/jobs',
      body,
      signal,
    });
    return { source, target, partitions, offsets };
  }
}

const jobPath = (jobId: string): string => `/v1/jobs/${encodeURIComponent(jobId)}`;

function jobOf(json: JobJson): Job {
  return {
    jobId: json.job_id,
    kind: json.kind,
    state: json.state,
    source: json.source,
    target: json.target,
    group: json.group,
    where: json.where,
    startedBy: json.started_by,
    startedAt: json.started_at,
    updatedAt: json.updated_at,
    endedAt: json.ended_at,
    partitions: json.partitions,
    offsets: json.offsets,
    offsetsDone: json.offsets_done,
    read: json.read,
    written: json.written,
    writtenBytes: json.written_bytes,
    passedOver: json.passed_over,
    waitingFor: json.waiting_for,
    failure: json.failure,
  };
}

import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { AlarmClock } from '../platform/alarm.ts';
import { isInitialized, openSchema } from '../platform/migrations.ts';
import { type Job, type JobPartition, nextPartition, nothingDone, type Redriven } from './job.ts';
import type { JobRpc, StartJobRequest } from './job-rpc.ts';
import { jobMigrations } from './job-schema.ts';
import { type JobStepPorts, JobSteps } from './job-step.ts';
import { type JobRow, JobStore } from './job-store.ts';
import type { JobsRef } from './jobs-ref.ts';

/** What a job runner needs of the platform. */
export type JobPorts = JobStepPorts & {
  readonly alarm: AlarmClock;
  /** Whether the object that runs this is the one that `ref` names. */
  readonly isOwn: (ref: JobsRef) => boolean;
  readonly reportError: (error: unknown) => void;
};

/** Steps of one run of the alarm; the next run goes on. */
const stepsPerRun = 20;

/** The jobs of a cluster. Nothing is stored before the first one. */
export class JobService implements JobRpc {
  readonly #ports: JobPorts;
  readonly #store: JobStore;
  readonly #steps: JobSteps;
  readonly #refusal: Result<never> | null;
  #jobs = new Map<string, JobRow>();
  #ref: JobsRef | null = null;
  #isRunning = false;

  constructor(ports: JobPorts) {
    this.#ports = ports;
    this.#store = new JobStore(ports.sql);
    this.#steps = new JobSteps(ports, this.#store, {
      ref: () => this.#ref!,
      find: (jobId) => this.#jobs.get(jobId) ?? null,
      adopt: (job) => this.#jobs.set(job.jobId, job),
    });
    const opened = openSchema(ports.sql, jobMigrations);
    this.#refusal = opened.ok ? null : opened;
    if (opened.ok && opened.value) this.#load();
  }

  async startJob(request: StartJobRequest): Promise<Result<Job>> {
    const own = this.#checkOwn(request.ref);
    if (!own.ok) return own;
    const known = this.#jobs.get(request.jobId);
    if (known !== undefined) return ok(publicOf(known));
    const room = this.#checkRoom(request);
    if (!room.ok) return room;
    const job = this.#newJob(request);
    const forgotten = this.#tooMany();
    this.#ports.sql.transaction(() => {
      if (this.#ref === null) this.#store.create(request.ref);
      for (const jobId of forgotten) this.#store.delete(jobId);
      this.#store.save(job);
    });
    this.#ref = request.ref;
    for (const jobId of forgotten) this.#jobs.delete(jobId);
    this.#jobs.set(job.jobId, job);
    await this.#arm();
    return ok(publicOf(job));
  }

  async listJobs(ref: JobsRef): Promise<Result<readonly Job[]>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    // An alarm that the platform lost is armed anew by whoever looks.
    await this.#arm();
    return ok([...this.#jobs.values()].map(publicOf).sort((one, other) => other.startedAtMs - one.startedAtMs));
  }

  async describeJob(ref: JobsRef, jobId: string): Promise<Result<Job>> {
    const found = this.#find(ref, jobId);
    if (!found.ok) return found;
    await this.#arm();
    return ok(publicOf(found.value));
  }

  async cancelJob(ref: JobsRef, jobId: string): Promise<Result<Job>> {
    const found = this.#find(ref, jobId);
    if (!found.ok) return found;
    if (found.value.state !== 'running') return ok(publicOf(found.value));
    const nowMs = this.#ports.clock.nowMs();
    const job: JobRow = {
      ...found.value,
      state: 'cancelled',
      step: null,
      failure: null,
      updatedAtMs: nowMs,
      endedAtMs: nowMs,
    };
    this.#ports.sql.transaction(() => {
      this.#store.save(job);
      this.#store.deleteBatches(jobId);
      this.#store.deleteSequences(jobId);
    });
    this.#jobs.set(jobId, job);
    this.#ports.door.close(jobId);
    return ok(publicOf(job));
  }

  async redriven(ref: JobsRef, groupId: string): Promise<Result<Redriven>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    if (this.#ref === null) return ok({ partitions: [], letters: [] });
    return ok({
      partitions: this.#store.redrivenPartitions(groupId),
      letters: this.#store.redrivenLetters(groupId),
    });
  }

  async endJobs(ref: JobsRef): Promise<Result<null>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    for (const jobId of this.#jobs.keys()) this.#ports.door.close(jobId);
    this.#jobs = new Map();
    this.#ref = null;
    if (isInitialized(this.#ports.sql)) await this.#ports.sql.deleteAll();
    return ok(null);
  }

  /** The object's alarm. Never throws: the platform gives up on an alarm that keeps throwing. */
  async runAlarm(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (let steps = 0; steps < stepsPerRun; steps += 1) {
        const due = this.#nextDue();
        if (due === null || due.dueAtMs > this.#ports.clock.nowMs()) break;
        await this.#steps.run(due.jobId);
      }
    } catch (error) {
      this.#ports.reportError(error);
    } finally {
      this.#isRunning = false;
      await this.#arm().catch(this.#ports.reportError);
    }
  }

  /** The running job that has waited longest. */
  #nextDue(): JobRow | null {
    let next: JobRow | null = null;
    for (const job of this.#jobs.values()) {
      if (job.state === 'running' && (next === null || job.dueAtMs < next.dueAtMs)) next = job;
    }
    return next;
  }

  async #arm(): Promise<void> {
    const due = this.#nextDue();
    if (due !== null) await this.#ports.alarm.armBy(Math.max(due.dueAtMs, this.#ports.clock.nowMs()));
  }

  #checkRoom({ task, isAll }: StartJobRequest): Result<null> {
    const running = [...this.#jobs.values()].filter(({ state }) => state === 'running');
    const max = limits.runningJobsPerCluster.value;
    if (running.length >= max) {
      return failed('LIMIT_REACHED', `${max} jobs of the cluster run; wait for one, or cancel one.`, { limit: max });
    }
    if (task.kind !== 'redrive') return ok(null);
    const same = running.find((job) => job.task.kind === 'redrive' && job.task.groupId === task.groupId);
    if (same !== undefined) {
      return failed('ILLEGAL_STATE', `Job ${same.jobId} redrives letters of this group; wait for it, or cancel it.`, {
        job_id: same.jobId,
      });
    }
    const lettersMax = limits.redrivenLettersPerCluster.value;
    if (isAll || this.#ref === null || this.#store.redrivenLetterCount() < lettersMax) return ok(null);
    return failed('LIMIT_REACHED', `${lettersMax} letters went back one by one; redrive all of the group.`, {
      limit: lettersMax,
    });
  }

  #newJob({ jobId, task, ranges, isAll, startedBy, principal }: StartJobRequest): JobRow {
    const nowMs = this.#ports.clock.nowMs();
    const sent =
      task.kind === 'redrive' && isAll && this.#ref !== null ? this.#store.redrivenPartitions(task.groupId) : [];
    const partitions = ranges.flatMap((range): JobPartition[] => {
      const passed = sent.find(
        ({ topicId, partition }) => topicId === task.source.topicId && partition === range.partition,
      );
      const from = Math.max(range.from, passed?.next ?? 0);
      return from < range.to ? [{ ...range, from, next: from }] : [];
    });
    const isOver = nextPartition(partitions) === null;
    return {
      jobId,
      task,
      isAll,
      state: isOver ? 'done' : 'running',
      startedBy,
      principal,
      partitions,
      counts: nothingDone,
      failure: null,
      failures: 0,
      dueAtMs: nowMs,
      producer: null,
      step: null,
      startedAtMs: nowMs,
      updatedAtMs: nowMs,
      endedAtMs: isOver ? nowMs : null,
    };
  }

  /** The oldest of those that are over, to make room for one more. */
  #tooMany(): string[] {
    const over = [...this.#jobs.values()]
      .filter(({ state }) => state !== 'running')
      .sort((one, other) => one.startedAtMs - other.startedAtMs);
    const count = Math.max(0, this.#jobs.size + 1 - limits.jobsPerCluster.value);
    return over.slice(0, count).map(({ jobId }) => jobId);
  }

  #find(ref: JobsRef, jobId: string): Result<JobRow> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    const job = this.#jobs.get(jobId);
    return job === undefined ? unknownJob(jobId) : ok(job);
  }

  #checkOwn(ref: JobsRef): Result<null> {
    if (this.#refusal !== null) return this.#refusal;
    const own = this.#ref ?? ref;
    const isSame = own.orgId === ref.orgId && own.clusterId === ref.clusterId;
    return isSame && this.#ports.isOwn(ref)
      ? ok(null)
      : failed('WRONG_OBJECT', 'This object runs the jobs of another cluster.');
  }

  #load(): void {
    this.#ref = this.#store.loadRef();
    this.#jobs = new Map(this.#store.load().map((job) => [job.jobId, job]));
  }
}

/** Also for a job that the caller may not see. */
export function unknownJob(jobId: string): Result<never> {
  return failed(
    'UNKNOWN_RESOURCE',
    `There is no job ${JSON.stringify(jobId.slice(0, 64))}, or not any more: the last ${limits.jobsPerCluster.value} are kept.`,
  );
}

function publicOf(row: JobRow): Job {
  const { principal: _, isAll: __, failures: ___, dueAtMs: ____, producer: _____, step: ______, ...job } = row;
  return job;
}

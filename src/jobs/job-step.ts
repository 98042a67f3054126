import { type ErrorCode, errorTable } from '../errors/error-codes.ts';
import { type Failure, failed, ok, type Result } from '../errors/result.ts';
import type { Clock } from '../platform/clock.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { addCounts, nextPartition } from './job.ts';
import type { JobBatch, JobDoor, JobHands } from './job-door.ts';
import type { JobRow, JobStep, JobStore } from './job-store.ts';
import type { JobsRef } from './jobs-ref.ts';

/** After a failure that may be over the next time, which doubles up to the longest wait. */
const firstRetryMs = 1_000;
const longestRetryMs = 60_000;

/** About a day of failures one after the other; then the job gives up. */
const failuresMax = 1_500;

/** Sequence numbers wrap to 0 after 2^31 - 1. */
const sequenceCount = 2_147_483_648;

export type JobStepPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly door: JobDoor;
};

/** The jobs in memory, as the rows say them. */
export type JobTable = {
  readonly ref: () => JobsRef;
  readonly find: (jobId: string) => JobRow | null;
  /** After its row is written. */
  readonly adopt: (job: JobRow) => void;
};

/**
 * Does one step of a job. Its batches are stored, with their sequence numbers, before the first is sent; whatever
 * happens then, the same bytes are sent again until the log has taken all, and the job has come further only in the
 * transaction that takes them out of the rows. A partition knows a sequence it has seen, so nothing is copied twice.
 */
export class JobSteps {
  readonly #ports: JobStepPorts;
  readonly #store: JobStore;
  readonly #table: JobTable;

  constructor(ports: JobStepPorts, store: JobStore, table: JobTable) {
    this.#ports = ports;
    this.#store = store;
    this.#table = table;
  }

  async run(jobId: string): Promise<void> {
    const job = this.#table.find(jobId);
    if (job === null || job.state !== 'running') return;
    const done = await this.#step(job).catch((thrown: unknown): Result<null> => {
      this.#failedWith(jobId, failed('UNKNOWN_OUTCOME', `The step broke off: ${String(thrown)}`).error);
      throw thrown;
    });
    if (!done.ok) this.#failedWith(jobId, done.error);
  }

  async #step(job: JobRow): Promise<Result<null>> {
    const hands = await this.#ports.door.open(this.#table.ref(), job);
    if (!hands.ok) return hands;
    const prepared = await this.#prepare(job, hands.value);
    if (!prepared.ok) return prepared;
    const { step, batches } = prepared.value;
    for (const batch of batches) {
      const appended = await hands.value.append(batch);
      if (!appended.ok) return appended;
    }
    this.#settle(job.jobId, step, batches);
    return ok(null);
  }

  /** The step that is under way, or else the next one, stored before anything of it is sent. */
  async #prepare(job: JobRow, hands: JobHands): Promise<Result<{ step: JobStep; batches: readonly JobBatch[] }>> {
    const { jobId, task } = job;
    if (job.step !== null) return ok({ step: job.step, batches: this.#store.loadBatches(jobId) });
    const partition = nextPartition(job.partitions);
    if (partition === null) return ok({ step: nothing, batches: [] });
    const producer = job.producer === null ? await hands.newProducer() : ok(job.producer);
    if (!producer.ok) return producer;
    const sequences = this.#store.loadSequences(jobId);
    const planned = await hands.plan({
      task,
      range: { partition: partition.partition, from: partition.next, to: partition.to },
      producer: producer.value,
      sequenceOf: (topicId, target) => sequences.get(`${topicId}/${target}`) ?? 0,
      passed: this.#passed(job, partition.partition),
    });
    if (!planned.ok) return planned;
    const { batches, ...progress } = planned.value;
    const step = { ...progress, partition: partition.partition };
    const current = this.#table.find(jobId);
    if (current?.state !== 'running') return ok({ step: nothing, batches: [] });
    if (batches.length > 0) this.#write({ ...current, producer: producer.value, step }, batches);
    return ok({ step, batches });
  }

  /** Letters that a redrive of all leaves out, because they went back one by one. */
  #passed({ task, isAll }: JobRow, partition: number): ReadonlySet<number> {
    if (task.kind !== 'redrive' || !isAll) return new Set();
    const isHere = (place: { topicId: string; partition: number }) =>
      place.topicId === task.source.topicId && place.partition === partition;
    return new Set(
      this.#store
        .redrivenLetters(task.groupId)
        .filter(isHere)
        .map(({ offset }) => offset),
    );
  }

  #settle(jobId: string, step: JobStep, batches: readonly JobBatch[]): void {
    const job = this.#table.find(jobId);
    if (job === null) return;
    const nowMs = this.#ports.clock.nowMs();
    const written = {
      read: step.read,
      passedOver: step.passedOver,
      written: batches.reduce((sum, { recordCount }) => sum + recordCount, 0),
      writtenBytes: batches.reduce((sum, batch) => sum + batch.batches.length, 0),
    };
    const partitions = job.partitions.map((one) =>
      one.partition === step.partition ? { ...one, next: Math.max(one.next, step.next) } : one,
    );
    const isDone = job.state === 'running' && nextPartition(partitions) === null;
    const settled: JobRow = {
      ...job,
      partitions,
      counts: addCounts(job.counts, written),
      step: null,
      failure: null,
      failures: 0,
      dueAtMs: nowMs,
      updatedAtMs: nowMs,
      ...(isDone ? { state: 'done' as const, endedAtMs: nowMs } : {}),
    };
    this.#ports.sql.transaction(() => {
      this.#countUp(jobId, batches);
      this.#store.deleteBatches(jobId);
      this.#noteLetters(settled, step);
      this.#store.save(settled);
      if (settled.state !== 'running') this.#store.deleteSequences(jobId);
    });
    this.#table.adopt(settled);
    if (settled.state !== 'running') this.#ports.door.close(jobId);
  }

  #countUp(jobId: string, batches: readonly JobBatch[]): void {
    const sequences = this.#store.loadSequences(jobId);
    for (const { topicId, partition, recordCount } of batches) {
      const before = sequences.get(`${topicId}/${partition}`) ?? 0;
      this.#store.saveSequence(jobId, topicId, partition, (before + recordCount) % sequenceCount);
    }
  }

  /** Which letters went back, so that they do not go again. */
  #noteLetters({ task, isAll, partitions }: JobRow, { partition }: JobStep): void {
    const range = partitions.find((one) => one.partition === partition);
    if (task.kind !== 'redrive' || range === undefined) return;
    const { groupId, source } = task;
    if (isAll) {
      this.#store.passLetters(groupId, source.topicId, partition, range.next);
      return;
    }
    const passed = this.#store
      .redrivenPartitions(groupId)
      .find((one) => one.topicId === source.topicId && one.partition === partition);
    for (let offset = Math.max(range.from, passed?.next ?? 0); offset < range.next; offset += 1) {
      this.#store.saveLetter(groupId, source.topicId, partition, offset);
    }
  }

  #failedWith(jobId: string, failure: Failure): void {
    const job = this.#table.find(jobId);
    if (job === null || job.state !== 'running') return;
    const nowMs = this.#ports.clock.nowMs();
    const failures = job.failures + 1;
    if (mayPass(failure) && failures < failuresMax) {
      const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 10));
      this.#write({ ...job, failure, failures, dueAtMs: nowMs + waitMs });
      return;
    }
    const failed: JobRow = {
      ...job,
      failure,
      failures,
      state: 'failed',
      step: null,
      endedAtMs: nowMs,
      updatedAtMs: nowMs,
    };
    this.#ports.sql.transaction(() => {
      this.#store.deleteBatches(jobId);
      this.#store.deleteSequences(jobId);
      this.#store.save(failed);
    });
    this.#table.adopt(failed);
    this.#ports.door.close(jobId);
  }

  #write(job: JobRow, batches: readonly JobBatch[] = []): void {
    this.#ports.sql.transaction(() => {
      for (const batch of batches) this.#store.saveBatch(job.jobId, batch);
      this.#store.save(job);
    });
    this.#table.adopt(job);
  }
}

/** What Kafka's clients try again and a job does not: what it is about is gone, and does not come back. */
const lasting: ReadonlySet<ErrorCode> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'OFFSET_OUT_OF_RANGE',
  'CORRUPT_MESSAGE',
]);

const mayPass = ({ code }: Failure): boolean => errorTable[code].retriable && !lasting.has(code);

/** A step of a job that has nothing left to do. */
const nothing: JobStep = { partition: -1, next: 0, read: 0, passedOver: 0 };

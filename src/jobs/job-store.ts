import type { Failure } from '../errors/result.ts';
import { createSchema } from '../platform/migrations.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { Job, JobCounts, JobPartition, JobState, JobTask } from './job.ts';
import type { JobBatch, JobProducer, PlannedStep } from './job-door.ts';
import { jobMigrations } from './job-schema.ts';
import type { JobsRef } from './jobs-ref.ts';

/** What a step will have done once its batches are appended. */
export type JobStep = Omit<PlannedStep, 'batches'> & { readonly partition: number };

/** A job as the runner keeps it. */
export type JobRow = Job & {
  readonly principal: string;
  readonly isAll: boolean;
  /** Failures one after the other, all of which may be over the next time. */
  readonly failures: number;
  readonly dueAtMs: number;
  readonly producer: JobProducer | null;
  /** The step whose batches are on their way. */
  readonly step: JobStep | null;
};

type Row = {
  job_id: string;
  task: string;
  is_all: number;
  state: string;
  started_by: string;
  principal: string;
  partitions: string;
  counts: string;
  failure: string | null;
  failures: number;
  due_at_ms: number;
  producer: string | null;
  step: string | null;
  started_at_ms: number;
  updated_at_ms: number;
  ended_at_ms: number | null;
};

/** The rows of jobs: SQL only, no decisions. Writes are called inside a transaction of the service. */
export class JobStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  create({ orgId, clusterId }: JobsRef): void {
    createSchema(this.#sql, jobMigrations);
    this.#sql.run('INSERT INTO job_runner VALUES (1, ?, ?)', orgId, clusterId);
  }

  loadRef(): JobsRef {
    const [row] = this.#sql.query<{ org_id: string; cluster_id: string }>('SELECT org_id, cluster_id FROM job_runner');
    return { orgId: row!.org_id, clusterId: row!.cluster_id };
  }

  /** All jobs, the newest first. */
  load(): JobRow[] {
    return this.#sql.query<Row>('SELECT * FROM job ORDER BY started_at_ms DESC, job_id').map(toJob);
  }

  save(job: JobRow): void {
    this.#sql.run(
      'INSERT OR REPLACE INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      job.jobId,
      JSON.stringify(job.task),
      job.isAll ? 1 : 0,
      job.state,
      job.startedBy,
      job.principal,
      JSON.stringify(job.partitions),
      JSON.stringify(job.counts),
      job.failure === null ? null : JSON.stringify(job.failure),
      job.failures,
      job.dueAtMs,
      job.producer === null ? null : JSON.stringify(job.producer),
      job.step === null ? null : JSON.stringify(job.step),
      job.startedAtMs,
      job.updatedAtMs,
      job.endedAtMs,
    );
  }

  delete(jobId: string): void {
    this.#sql.run('DELETE FROM job WHERE job_id = ?', jobId);
  }

  loadBatches(jobId: string): JobBatch[] {
    return this.#sql.query<JobBatch>(
      `SELECT topic, topic_id AS topicId, partition, record_count AS recordCount, batches
       FROM job_batch WHERE job_id = ? ORDER BY topic_id, partition`,
      jobId,
    );
  }

  saveBatch(jobId: string, { topic, topicId, partition, recordCount, batches }: JobBatch): void {
    this.#sql.run(
      'INSERT INTO job_batch VALUES (?, ?, ?, ?, ?, ?)',
      jobId,
      topicId,
      partition,
      topic,
      recordCount,
      batches,
    );
  }

  deleteBatches(jobId: string): void {
    this.#sql.run('DELETE FROM job_batch WHERE job_id = ?', jobId);
  }

  /** The next sequence number by `{topicId}/{partition}`. */
  loadSequences(jobId: string): Map<string, number> {
    const rows = this.#sql.query<{ topic_id: string; partition: number; next_sequence: number }>(
      'SELECT topic_id, partition, next_sequence FROM job_sequence WHERE job_id = ?',
      jobId,
    );
    return new Map(rows.map((row) => [`${row.topic_id}/${row.partition}`, row.next_sequence]));
  }

  saveSequence(jobId: string, topicId: string, partition: number, nextSequence: number): void {
    this.#sql.run('INSERT OR REPLACE INTO job_sequence VALUES (?, ?, ?, ?)', jobId, topicId, partition, nextSequence);
  }

  deleteSequences(jobId: string): void {
    this.#sql.run('DELETE FROM job_sequence WHERE job_id = ?', jobId);
  }

  redrivenPartitions(groupId: string) {
    return this.#sql.query<{ topicId: string; partition: number; next: number }>(
      `SELECT topic_id AS topicId, partition, next_offset AS next FROM redriven_partition
       WHERE group_id = ? ORDER BY topic_id, partition`,
      groupId,
    );
  }

  redrivenLetters(groupId: string) {
    return this.#sql.query<{ topicId: string; partition: number; offset: number }>(
      `SELECT topic_id AS topicId, partition, letter_offset AS offset FROM redriven_letter
       WHERE group_id = ? ORDER BY topic_id, partition, letter_offset`,
      groupId,
    );
  }

  redrivenLetterCount(): number {
    return this.#sql.query<{ count: number }>('SELECT COUNT(*) AS count FROM redriven_letter')[0]!.count;
  }

  /** Letters below `next` were sent back or passed over: those that went one by one need not be told apart any more. */
  passLetters(groupId: string, topicId: string, partition: number, next: number): void {
    this.#sql.run('INSERT OR REPLACE INTO redriven_partition VALUES (?, ?, ?, ?)', groupId, topicId, partition, next);
    this.#sql.run(
      'DELETE FROM redriven_letter WHERE group_id = ? AND topic_id = ? AND partition = ? AND letter_offset < ?',
      groupId,
      topicId,
      partition,
      next,
    );
  }

  saveLetter(groupId: string, topicId: string, partition: number, offset: number): void {
    this.#sql.run('INSERT OR REPLACE INTO redriven_letter VALUES (?, ?, ?, ?)', groupId, topicId, partition, offset);
  }
}

function toJob(row: Row): JobRow {
  return {
    jobId: row.job_id,
    task: JSON.parse(row.task) as JobTask,
    isAll: row.is_all === 1,
    state: row.state as JobState,
    startedBy: row.started_by,
    principal: row.principal,
    partitions: JSON.parse(row.partitions) as JobPartition[],
    counts: JSON.parse(row.counts) as JobCounts,
    failure: row.failure === null ? null : (JSON.parse(row.failure) as Failure),
    failures: row.failures,
    dueAtMs: row.due_at_ms,
    producer: row.producer === null ? null : (JSON.parse(row.producer) as JobProducer),
    step: row.step === null ? null : (JSON.parse(row.step) as JobStep),
    startedAtMs: row.started_at_ms,
    updatedAtMs: row.updated_at_ms,
    endedAtMs: row.ended_at_ms,
  };
}

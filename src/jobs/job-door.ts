import type { Result } from '../errors/result.ts';
import type { JobRange, JobTask } from './job.ts';
import type { JobsRef } from './jobs-ref.ts';

/** The idempotent producer of one job. */
export type JobProducer = { readonly producerId: number; readonly producerEpoch: number };

/** What a step is to be made of. */
export type PlanRequest = {
  readonly task: JobTask;
  /** What is left of the partition whose turn it is. */
  readonly range: JobRange;
  readonly producer: JobProducer;
  /** The sequence number of the next record for a partition. */
  readonly sequenceOf: (topicId: string, partition: number) => number;
  /** Offsets that are passed over. */
  readonly passed: ReadonlySet<number>;
};

/** One record batch, as it is sent however often. */
export type JobBatch = {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly recordCount: number;
  readonly batches: Uint8Array;
};

/** Records of one partition, and the batches that are made of them: one at most for each partition they go to. */
export type PlannedStep = {
  /** Where the next step begins. */
  readonly next: number;
  readonly read: number;
  readonly passedOver: number;
  readonly batches: readonly JobBatch[];
};

/** The log, as far as somebody may read and write it. */
export interface JobHands {
  newProducer(): Promise<Result<JobProducer>>;
  /** Reads the next committed records, at most as many as a step may have, and encodes what is made of them. */
  plan(request: PlanRequest): Promise<Result<PlannedStep>>;
  /** Appends a batch, unless it was appended before. */
  append(batch: JobBatch): Promise<Result<null>>;
}

/** Finds out whether the principal of a job is still somebody, and what it may do now. */
export interface JobDoor {
  /** SASL_AUTHENTICATION_FAILED when its credential is over. Asked before each step. */
  open(ref: JobsRef, job: { readonly jobId: string; readonly principal: string }): Promise<Result<JobHands>>;
  /** The job is over. */
  close(jobId: string): void;
}

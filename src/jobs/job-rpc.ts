import type { Result } from '../errors/result.ts';
import type { Job, JobRange, JobTask, Redriven } from './job.ts';
import type { JobsRef } from './jobs-ref.ts';

export type StartJobRequest = {
  readonly ref: JobsRef;
  /** Chosen by the caller, so that a call whose answer was lost can be repeated. */
  readonly jobId: string;
  readonly task: JobTask;
  readonly ranges: readonly JobRange[];
  /** Of a redrive: all letters that were not sent back yet, in place of just these. */
  readonly isAll: boolean;
  readonly startedBy: string;
  /** On whose behalf, as the runner keeps it; see `JobDoor`. */
  readonly principal: string;
};

/** The verbs of the object that runs a cluster's jobs. */
export interface JobRpc {
  /** LIMIT_REACHED while too many run; ILLEGAL_STATE for a second redrive of one share group at a time. */
  startJob(request: StartJobRequest): Promise<Result<Job>>;
  /** The newest first. */
  listJobs(ref: JobsRef): Promise<Result<readonly Job[]>>;
  /** UNKNOWN_RESOURCE. */
  describeJob(ref: JobsRef, jobId: string): Promise<Result<Job>>;
  /** Stops a job after the step that is under way; one that is over stays as it is. UNKNOWN_RESOURCE. */
  cancelJob(ref: JobsRef, jobId: string): Promise<Result<Job>>;
  redriven(ref: JobsRef, groupId: string): Promise<Result<Redriven>>;
  /** The cluster is deleted: everything is forgotten. */
  endJobs(ref: JobsRef): Promise<Result<null>>;
}

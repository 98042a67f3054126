import type { Result } from '../../errors/result.ts';
import type { JobRpc, StartJobRequest } from '../../jobs/job-rpc.ts';
import type { JobsRef } from '../../jobs/jobs-ref.ts';
import { attemptsMax, failureOf, pauseBeforeRetryMs } from '../broken-call.ts';

/**
 * A cluster's job runner as an edge calls it, when the object may be moved or reset under the call. Every verb may be
 * repeated: a job is started under an id that the caller chose.
 */
export class JobCaller implements JobRpc {
  readonly #connect: (ref: JobsRef) => JobRpc;
  readonly #random: () => number;
  readonly #pause: (ms: number) => Promise<void>;

  /** `connect` makes a new stub for each try: one that broke stays broken. */
  constructor(ports: {
    readonly connect: (ref: JobsRef) => JobRpc;
    readonly random: () => number;
    readonly pause: (ms: number) => Promise<void>;
  }) {
    this.#connect = ports.connect;
    this.#random = ports.random;
    this.#pause = ports.pause;
  }

  startJob(request: StartJobRequest) {
    return this.#repeat(request.ref, (runner) => runner.startJob(request));
  }

  listJobs(ref: JobsRef) {
    return this.#repeat(ref, (runner) => runner.listJobs(ref));
  }

  describeJob(ref: JobsRef, jobId: string) {
    return this.#repeat(ref, (runner) => runner.describeJob(ref, jobId));
  }

  cancelJob(ref: JobsRef, jobId: string) {
    return this.#repeat(ref, (runner) => runner.cancelJob(ref, jobId));
  }

  redriven(ref: JobsRef, groupId: string) {
    return this.#repeat(ref, (runner) => runner.redriven(ref, groupId));
  }

  endJobs(ref: JobsRef) {
    return this.#repeat(ref, (runner) => runner.endJobs(ref));
  }

  async #once<T>(ref: JobsRef, attempt: (runner: JobRpc) => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await attempt(this.#connect(ref));
    } catch (thrown) {
      return failureOf(thrown, 'job runner', 'Look whether it was done, then repeat it.');
    }
  }

  async #repeat<T>(ref: JobsRef, attempt: (runner: JobRpc) => Promise<Result<T>>): Promise<Result<T>> {
    let result = await this.#once(ref, attempt);
    for (let tries = 1; tries < attemptsMax && !result.ok && result.error.code === 'UNKNOWN_OUTCOME'; tries += 1) {
      await this.#pause(pauseBeforeRetryMs(tries, this.#random));
      result = await this.#once(ref, attempt);
    }
    return result;
  }
}

import { doers, type JobName } from './decode-job.ts';
import type { JobAnswer, JobRequest } from './decoder.ts';

/** Runs beside the page: decoding, filtering and comparing never hold up what somebody types. */
self.onmessage = ({ data }: MessageEvent<JobRequest>) => {
  self.postMessage(answerOf(data));
};

function answerOf({ id, name, job }: JobRequest): JobAnswer {
  try {
    const doer = doers[name as JobName] as (job: unknown) => unknown;
    return { id, out: doer(job) };
  } catch (thrown) {
    return { id, failure: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

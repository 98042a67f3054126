import { type Job, MillraceError } from '../../client/index.ts';
import type { Invocation } from '../command.ts';
import { exitCode } from '../exit-code.ts';

/** `1,200 of 5,000 offsets, 1,180 records written, 20 passed over`. */
export function jobProgress({ offsets, offsetsDone, written, passedOver }: Job): string {
  const passed = passedOver === 0 ? '' : `, ${grouped(passedOver)} passed over`;
  return `${grouped(offsetsDone)} of ${grouped(offsets)} offsets, ${grouped(written)} records written${passed}`;
}

/** Shows how far a job is until it is over; with `isDetached` only that it runs. A job that failed is the failure thrown. */
export async function watchJob(
  started: Job,
  { client, output, terminal, json }: Invocation,
  isDetached: boolean,
): Promise<number> {
  let job = started;
  if (!isDetached) {
    for await (const seen of client.jobs.follow(started.jobId)) {
      job = seen;
      const waiting = seen.waitingFor === null ? '' : `; waits: ${seen.waitingFor.message}`;
      if (terminal.isInteractive && seen.state === 'running') terminal.progress(`${jobProgress(seen)}${waiting}`);
    }
  }
  if (json) output.line(JSON.stringify(job));
  else terminal.say(`job ${job.jobId} ${isDetached ? 'runs' : `${job.state}: ${jobProgress(job)}`}`);
  if (job.failure === null) return exitCode.ok;
  throw new MillraceError({
    code: job.failure.code as MillraceError['code'],
    message: job.failure.message,
    status: null,
  });
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

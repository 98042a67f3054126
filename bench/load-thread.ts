import { fileURLToPath } from 'node:url';
import { parentPort, Worker } from 'node:worker_threads';
import { type LoadJob, runLoadJob } from './load-jobs.ts';
import type { LoadResult } from './load-result.ts';

type Reply = { readonly result: LoadResult } | { readonly failure: string };

/**
 * The thread that all loads run in, so that the coordinating thread's work never delays a send. It lives for the
 * whole run, which keeps its code compiled from round to round. One job at a time.
 */
export class LoadThread {
  readonly #worker = new Worker(fileURLToPath(import.meta.url));

  /** Runs one load; fails when any of its requests did, since such a figure would mean nothing. */
  async run(job: LoadJob): Promise<LoadResult> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('message', (message: Reply) => {
        this.#worker.off('error', reject);
        resolve(message);
      });
      this.#worker.postMessage(job);
    });
    if ('failure' in reply) throw new Error(`${job.kind} load: ${reply.failure}`);
    if (reply.result.failures > 0) {
      throw new Error(`${job.kind} load: ${reply.result.failures} failed, first: ${reply.result.firstFailure}`);
    }
    return reply.result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

const port = parentPort;
port?.on('message', (job: LoadJob) => {
  runLoadJob(job).then(
    (result) => port.postMessage({ result } satisfies Reply),
    (error: unknown) => port.postMessage({ failure: String(error) } satisfies Reply),
  );
});

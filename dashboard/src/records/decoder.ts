import type { DecodeJobs, JobName } from './decode-job.ts';

export type JobRequest = { readonly id: number; readonly name: JobName; readonly job: unknown };
export type JobAnswer = { readonly id: number } & ({ readonly out: unknown } | { readonly failure: string });

type Waiting = { readonly resolve: (out: never) => void; readonly reject: (error: Error) => void };

let worker: Worker | null = null;
let lastId = 0;
const waiting = new Map<number, Waiting>();

/** Has the worker of this tab do a job; it is started when the first comes. Rejects when the worker fails at it. */
export function decodeElsewhere<Name extends JobName>(
  name: Name,
  job: DecodeJobs[Name]['in'],
): Promise<DecodeJobs[Name]['out']> {
  worker ??= startWorker();
  lastId += 1;
  const id = lastId;
  const { promise, resolve, reject } = Promise.withResolvers<DecodeJobs[Name]['out']>();
  waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
  worker.postMessage({ id, name, job } satisfies JobRequest);
  return promise;
}

function startWorker(): Worker {
  const started = new Worker(new URL('./decode-worker.ts', import.meta.url), { type: 'module' });
  started.onmessage = ({ data }: MessageEvent<JobAnswer>) => {
    const { resolve, reject } = waiting.get(data.id)!;
    waiting.delete(data.id);
    if ('out' in data) resolve(data.out as never);
    else reject(new Error(data.failure));
  };
  started.onerror = ({ message }) => {
    started.terminate();
    worker = null;
    for (const { reject } of waiting.values())
      reject(new Error(`The decoder failed: ${message || 'it cannot be loaded'}`));
    waiting.clear();
  };
  return started;
}

import type { BenchContext } from '../bench-context.ts';
import type { ServerProcess } from '../child-process.ts';
import { fillTopic } from '../fill.ts';
import { httpRequest } from '../http-load.ts';
import type { Outcome } from '../outcome.ts';
import { fastDoorPath, jsonValue, recordFrame } from '../payloads.ts';
import { type Contender, interleave } from '../rounds.ts';
import { row, type Suite, sampleOf } from '../suite.ts';

const fullSizes = [10_000, 1_000_000, 10_000_000];
const quickSizes = [10_000, 1_000_000];
const batchesPerRow = 10;
const randomReads = 512;

/** Whether the log gets slower as it grows: appends of one record and reads of one batch at random offsets. */
export const growth: Suite = {
  name: 'growth',
  about: 'append and random read at 10 k, 1 M and 10 M records in one partition (10 k and 1 M with --quick)',
  async run(context) {
    const sizes = context.effort.isQuick ? quickSizes : fullSizes;
    const server = await context.platform('platform');
    const appends: Record<string, Contender> = {};
    const reads: Record<string, Contender> = {};
    for (const size of sizes) {
      const topic = await context.createTopic(server);
      context.say(`filling a log with ${size.toLocaleString('en-US')} records`);
      await fillTopic(context, server, topic, size, batchesPerRow);
      appends[nameOf(size)] = append(context, server, topic);
      reads[nameOf(size)] = read(context, server, topic, size);
    }
    context.say('appending and reading at each size');
    const appended = await interleave(appends, context.effort.rounds);
    const readBack = await interleave(reads, context.effort.rounds);
    const smallest = nameOf(sizes[0]!);
    const outcome = (what: string, rounds: typeof appended, size: number): Outcome =>
      row(`${what} at ${nameOf(size)}, p50`, rounds, nameOf(size), {
        unit: 'ms',
        figure: 'p50Ms',
        against: size === sizes[0] ? undefined : smallest,
        target: size === sizes.at(-1) ? { of: 'ratio', reach: 1.1, aim: 1, better: 'less' } : undefined,
      });
    return [
      ...sizes.map((size) => outcome('append of 1 x 100 B', appended, size)),
      ...sizes.map((size) => outcome('random read of 100 x 100 B', readBack, size)),
    ];
  },
};

const nameOf = (size: number) => `${size.toLocaleString('en-US')} records`;

/** One record in flight: few enough appends that the smallest log stays small. */
function append(context: BenchContext, server: ServerProcess, topic: string): Contender {
  const frame = recordFrame(jsonValue(100));
  const { warmUpMs, windowMs } = context.effort;
  const job = {
    kind: 'websocket',
    port: server.port,
    path: fastDoorPath(topic),
    frame,
    inFlight: 1,
    warmUpMs,
    windowMs,
  } as const;
  return async () => sampleOf(await context.load.run(job), windowMs);
}

function read(context: BenchContext, server: ServerProcess, topic: string, size: number): Contender {
  const requests = Array.from({ length: randomReads }, (_, index) => {
    // A fixed stride that shares no factor with the size visits offsets all over the log, the same in every run.
    const offset = (index * 7_919 * 101) % size;
    const path = `/v1/topics/${topic}/partitions/0/records?offset=${offset}&max_bytes=1`;
    return httpRequest(server.port, 'GET', path, { accept: 'application/vnd.millrace.batch' });
  });
  const { warmUpMs, windowMs } = context.effort;
  const job = {
    kind: 'http',
    port: server.port,
    connections: 1,
    requests,
    expectedStatus: 200,
    warmUpMs,
    windowMs,
  } as const;
  return async () => sampleOf(await context.load.run(job), windowMs);
}

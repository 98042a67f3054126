import { join } from 'node:path';
import { type BenchContext, keptInRows } from '../bench-context.ts';
import type { ServerProcess } from '../child-process.ts';
import { fillTopic } from '../fill.ts';
import { httpRequest } from '../http-load.ts';
import type { Outcome } from '../outcome.ts';
import { fastDoorPath, jsonValue, recordFrame } from '../payloads.ts';
import { startPlatformProcess } from '../platform.ts';
import { type Contender, interleave, type Rounds } from '../rounds.ts';
import { measure, row, type Suite } from '../suite.ts';

const fullSizes = [10_000, 1_000_000, 10_000_000];
const quickSizes = [10_000, 1_000_000];
/** The log this looks at is the one in the object's database, however large. */
const batchesPerRow = 10;
const randomReads = 512;
/** A stride that shares no factor with the sizes: it visits offsets all over the log, the same in every run. */
const stride = 799_819;

type FilledTopic = { readonly topic: string; readonly size: number };

/** Whether the log gets slower as it grows: reads of one batch at random offsets and appends of one record. */
export const growth: Suite = {
  name: 'growth',
  about: 'append and random read at 10 k, 1 M and 10 M records in one partition (10 k and 1 M with --quick)',
  async run(context) {
    const sizes = context.effort.isQuick ? quickSizes : fullSizes;
    const directory = join(context.directory, 'growth');
    const filled: FilledTopic[] = [];
    {
      await using server = await startPlatformProcess('platform', directory);
      for (const size of sizes) filled.push({ size, topic: await fill(context, server, size) });
    }
    // Started again, so that the partitions keep nothing in memory: the smallest log would be read from there alone.
    await using server = await startPlatformProcess('platform', directory);
    context.say('reading and appending at each size');
    const contenders = (make: (filled: FilledTopic) => Contender) =>
      Object.fromEntries(filled.map((one) => [nameOf(one.size), make(one)]));
    const reads = await interleave(
      contenders((one) => read(context, server, one)),
      context.effort.rounds,
    );
    const appends = await interleave(
      contenders(({ topic }) => append(context, server, topic)),
      context.effort.rounds,
    );
    return [
      ...sizes.map((size) => outcome('append of 1 x 100 B', appends, size, sizes)),
      ...sizes.map((size) => outcome('random read of 100 x 100 B', reads, size, sizes)),
    ];
  },
};

const nameOf = (size: number) => `${size.toLocaleString('en-US')} records`;

async function fill(context: BenchContext, server: ServerProcess, size: number): Promise<string> {
  const topic = await context.createTopic(server, keptInRows);
  context.say(`filling a log with ${nameOf(size)}`);
  await fillTopic(context, server, topic, size, batchesPerRow);
  return topic;
}

function outcome(what: string, rounds: Rounds, size: number, sizes: readonly number[]): Outcome {
  return row(`${what} at ${nameOf(size)}, p50`, rounds, nameOf(size), {
    unit: 'ms',
    figure: 'p50Ms',
    against: size === sizes[0] ? undefined : nameOf(sizes[0]!),
    target: size === sizes.at(-1) ? { of: 'ratio', reach: 1.1, aim: 1, better: 'less' } : undefined,
  });
}

/** One record in flight: few enough appends that the smallest log stays small. */
function append(context: BenchContext, server: ServerProcess, topic: string): Contender {
  const frame = recordFrame(jsonValue(100));
  const job = { kind: 'websocket', port: server.port, path: fastDoorPath(topic), frame, inFlight: 1 } as const;
  return () => measure(context, job, server);
}

function read(context: BenchContext, server: ServerProcess, { topic, size }: FilledTopic): Contender {
  const { port } = server;
  const requests = Array.from({ length: randomReads }, (_, index) => {
    const path = `/v1/topics/${topic}/partitions/0/records?offset=${(index * stride) % size}&max_bytes=1`;
    return httpRequest(port, 'GET', path, { accept: 'application/vnd.millrace.batch' });
  });
  return () => measure(context, { kind: 'http', port, connections: 1, requests, expectedStatus: 200 }, server);
}

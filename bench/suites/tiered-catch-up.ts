import { join } from 'node:path';
import type { BenchContext } from '../bench-context.ts';
import type { ServerProcess } from '../child-process.ts';
import { fillTopic } from '../fill.ts';
import { httpRequest } from '../http-load.ts';
import type { Outcome } from '../outcome.ts';
import { startPlatformProcess } from '../platform.ts';
import { type Contender, interleave } from '../rounds.ts';
import { measure, ratioOfAtLeast, row, type Suite } from '../suite.ts';

/** One reader that goes through the log, and several at once. */
const connectionCounts = [1, 8];
const answerBytes = 1_048_576;
const records = 550_000;
const batchesPerRow = 11;
/** What may still be in rows once the rest has moved: the open segment and less than another. */
const localBytesMax = 16 * 1024 * 1024;
const tieringTimeoutMs = 60_000;
const rows = 'rows';
const objects = 'objects';

type Topic = { readonly name: string; readonly recordsPerAnswer: number };

/** Reading a log from its start where it was moved to the object store, against the same log in the object's rows. */
export const tieredCatchUp: Suite = {
  name: 'tiered-catch-up',
  about: 'reads of 1 MB out of tiered segments, binary, against the same log in rows, by one reader and by several',
  async run(context) {
    const directory = join(context.directory, 'tiered');
    const topics: Record<string, Topic> = {};
    {
      await using server = await startPlatformProcess('platform', directory);
      context.say('filling two logs, and moving one');
      topics[rows] = await fill(context, server, 'false');
      topics[objects] = await fill(context, server, 'true');
      await moved(server, topics[objects].name);
    }
    // Started again, so that neither partition has anything of it in memory.
    await using server = await startPlatformProcess('platform', directory);
    context.say('reading both');
    const outcomes: Outcome[] = [];
    for (const connections of connectionCounts) {
      const contenders = Object.fromEntries(
        Object.entries(topics).map(([name, topic]): [string, Contender] => [
          name,
          () => read(context, server, topic, connections),
        ]),
      );
      const rounds = await interleave(contenders, context.effort.rounds);
      outcomes.push(
        row(`catch-up read of tiered segments, binary, c=${connections}`, rounds, objects, {
          unit: 'MB/s',
          figure: 'megabytes',
          against: rows,
          ...(connections === 1 ? { target: ratioOfAtLeast(0.8, 1) } : {}),
        }),
      );
    }
    return outcomes;
  },
};

async function fill(context: BenchContext, server: ServerProcess, tiering: 'true' | 'false'): Promise<Topic> {
  const name = await context.createTopic(server, { 'millrace.tiering': tiering });
  const recordsPerRow = await fillTopic(context, server, name, records, batchesPerRow);
  return { name, recordsPerAnswer: recordsPerRow * Math.floor(answerBytes / (recordsPerRow * 110)) };
}

/** Waits until the partition reports that it has little left. */
async function moved(server: ServerProcess, topic: string): Promise<void> {
  type Report = { readonly local_bytes: number; readonly remote_bytes: number };
  for (const endMs = performance.now() + tieringTimeoutMs; performance.now() < endMs; ) {
    const answer = await fetch(`http://127.0.0.1:${server.port}/v1/topics/${topic}`);
    const { partition_reports } = (await answer.json()) as { partition_reports?: Report[] };
    const [report] = partition_reports ?? [];
    if (report !== undefined && report.remote_bytes > 0 && report.local_bytes < localBytesMax) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the segments of ${topic} did not move within ${tieringTimeoutMs} ms`);
}

function read(context: BenchContext, server: ServerProcess, { name, recordsPerAnswer }: Topic, connections: number) {
  const { port } = server;
  const requests = Array.from({ length: Math.floor(records / recordsPerAnswer) }, (_, answer) => {
    const path = `/v1/topics/${name}/partitions/0/records?offset=${answer * recordsPerAnswer}&max_bytes=${answerBytes}`;
    return httpRequest(port, 'GET', path, { accept: 'application/vnd.millrace.batch' });
  });
  return measure(context, { kind: 'http', port, connections, requests, expectedStatus: 200 }, server);
}

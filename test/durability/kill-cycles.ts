import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { askUntilAnswered, type World } from './asking.ts';
import { runClientWriter } from './client-writer.ts';
import { readFinal } from './final-read.ts';
import { runBatchWriter, runKeyedWriter } from './http-writers.ts';
import type { DurabilityOptions } from './options.ts';
import { PlatformGroup } from './platform-group.ts';
import { Progress, runClientSubscriber, runEventSubscriber, runPageReader } from './readers.ts';
import { RunLog } from './run-log.ts';
import { runSocketWriter } from './socket-writer.ts';
import { judge } from './verdict.ts';

const topic = 'durability';

/** The platform is killed this long after it is ready: in the middle of starting to serve, and of serving. */
const killAfterMinMs = 40;
const killAfterMaxMs = 540;

/** A platform that lives on has answered everyone, and told every subscriber everything, well before. */
const endDeadlineMs = 60_000;

const freezeMinMs = 100;
const freezeMaxMs = 1_500;

/** A cycle's line is printed this often. */
const reportEvery = 10;

/** What came out of the kills. */
export type KillOutcome = {
  readonly log: RunLog;
  readonly cycles: number;
  readonly startsMs: readonly number[];
  /** From each ready line to the first request acknowledged after it, in ms. */
  readonly firstAcksMs: readonly number[];
  readonly storedRecords: number;
  readonly freezes: number;
  readonly elapsedMs: number;
};

/** Kills the platform again and again under load, then reads everything and judges it. */
export async function runKillCycles(
  dataDir: string,
  options: DurabilityOptions,
  say: (line: string) => void,
): Promise<KillOutcome> {
  const startedAtMs = performance.now();
  const log = new RunLog();
  await using platform = new PlatformGroup(dataDir);
  let isEnding = false;
  let areReadersDone = false;
  const world: World = { platform, log, topic, partitionCount: options.partitions, isEnding: () => isEnding };
  await platform.start();
  await createTopic(world, options);

  const subscriptions = new AbortController();
  const subscribers = startSubscribers(world, options, subscriptions.signal);
  const writers = startWriters(world, options);
  const readers = Array.from({ length: options.readers }, () => runPageReader(world, () => areReadersDone));
  const firstAcksMs: number[] = [];
  let freezes = 0;
  let cycles = 0;
  const isEnough = (): boolean =>
    cycles >= options.cycles &&
    (log.counts.requests >= options.acks || performance.now() - startedAtMs > options.minutes * 60_000);
  while (!isEnough()) {
    cycles += 1;
    const acksBefore = log.acks.length;
    if (Math.random() < options.freezeShare) {
      freezes += 1;
      await pause(killAfterMinMs);
      await platform.freeze(freezeMinMs + Math.random() * (freezeMaxMs - freezeMinMs));
    }
    await pause(killAfterMinMs + Math.random() * (killAfterMaxMs - killAfterMinMs));
    const { readyAtMs } = platform;
    await platform.kill();
    const first = log.acks[acksBefore];
    if (first !== undefined) firstAcksMs.push(first.ackedAtMs - readyAtMs);
    if (cycles % reportEvery === 0) say(`${cycles} kills, ${log.counts.requests} requests acknowledged`);
    await platform.start();
  }
  isEnding = true;
  await settled(log, 'writers', Promise.all(writers));
  const ends = await readAll(world);
  await settled(
    log,
    'subscribers',
    untilCaughtUp(
      subscribers.map(({ progress }) => progress),
      ends,
    ),
  );
  areReadersDone = true;
  subscriptions.abort();
  await settled(log, 'readers', Promise.all([...readers, ...subscribers.map(({ running }) => running)]));
  judge(
    log,
    ends,
    subscribers.map(({ progress }) => progress),
    cleanupOf(options),
  );
  if ((await platform.stop()) !== 0) log.report('stuck', 'the platform did not stop cleanly after the last cycle');
  return {
    log,
    cycles,
    startsMs: platform.startsMs,
    firstAcksMs,
    storedRecords: ends.reduce((sum, { records }) => sum + records.length, 0),
    freezes,
    elapsedMs: performance.now() - startedAtMs,
  };
}

async function createTopic(world: World, { partitions, topicConfig }: DurabilityOptions): Promise<void> {
  const body = JSON.stringify({ name: topic, partitions, config: { 'retention.ms': '-1', ...topicConfig } });
  const headers = { 'content-type': 'application/json' };
  const { status, answer } = await askUntilAnswered(world, '/v1/topics', { method: 'POST', headers, body });
  if (status !== 201) throw new Error(`the topic was not created: ${JSON.stringify(answer)}`);
}

function startWriters(world: World, options: DurabilityOptions): Promise<void>[] {
  const kinds = [
    ...new Array(options.batchWriters).fill(runBatchWriter),
    ...new Array(options.socketWriters).fill(runSocketWriter),
    ...new Array(options.clientWriters).fill(runClientWriter),
    ...Array.from(
      { length: options.keyedWriters },
      (_, index) => (to: World, writer: number) =>
        runKeyedWriter(to, writer, index % 2 === 0 && !cleanupOf(options).compacts),
    ),
  ] as readonly ((world: World, writer: number) => Promise<void>)[];
  return kinds.map((run, writer) =>
    run(world, writer).catch((thrown: unknown) => world.log.report('stuck', `writer ${writer}: ${thrown}`)),
  );
}

type RunningSubscriber = { readonly progress: Progress; readonly running: Promise<void> };

/** One of each door: the JSON socket and the binary one, which the client resumes, and Server-Sent Events. */
function startSubscribers(world: World, options: DurabilityOptions, signal: AbortSignal): RunningSubscriber[] {
  return Array.from({ length: options.subscribers }, (_, index) => {
    const door = (['json', 'binary', 'events'] as const)[index % 3]!;
    const progress = new Progress(world, `subscriber ${index} (${door})`);
    const running =
      door === 'events'
        ? runEventSubscriber(world, progress, signal)
        : runClientSubscriber(world, progress, door, signal);
    return { progress, running };
  });
}

const readAll = ({ platform, partitionCount }: World) =>
  Promise.all(Array.from({ length: partitionCount }, (_, partition) => readFinal(platform.url, topic, partition)));

async function untilCaughtUp(
  subscribers: readonly Progress[],
  ends: readonly { readonly partition: number; readonly records: readonly { readonly offset: number }[] }[],
): Promise<void> {
  const isBehind = ({ next }: Progress): boolean =>
    ends.some(({ partition, records }) => next[partition]! <= (records.at(-1)?.offset ?? -1));
  while (subscribers.some(isBehind)) await pause(20);
}

/** Waits for clients to finish on a platform that is no longer killed; one that does not is an anomaly itself. */
async function settled(log: RunLog, who: string, work: Promise<unknown>): Promise<void> {
  const late = Symbol('late');
  const ended = await Promise.race([work, pause(endDeadlineMs, late, { ref: false })]);
  if (ended === late) log.report('stuck', `${who} did not finish within ${endDeadlineMs} ms after the last start`);
}

function cleanupOf({ topicConfig }: DurabilityOptions) {
  const compacts = (topicConfig['cleanup.policy'] ?? '').includes('compact');
  const deletes = topicConfig['retention.ms'] !== undefined || topicConfig['retention.bytes'] !== undefined;
  return { compacts, deletes };
}

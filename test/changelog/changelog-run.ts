import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, createClient, MillraceError } from '../../src/client/index.ts';
import { decompress } from '../../src/log/compression.ts';
import { PlatformGroup } from '../durability/platform-group.ts';
import { ChangelogTruth, ReadThrough, readUpdate } from './changelog-truth.ts';
import { type Place, readPlaces } from './zip-codes.ts';

export type ChangelogOptions = {
  readonly updates: number;
  readonly keys: number;
  readonly partitions: number;
  readonly kills: number;
  readonly dataDir: string;
};

export type ChangelogOutcome = {
  readonly anomalies: readonly string[];
  /** Records that are left of all updates. */
  readonly leftRecords: number;
  readonly passes: number;
  readonly readRecords: number;
  readonly kills: number;
  readonly elapsedMs: number;
};

const topic = 'changelog';

/** One update in this many deletes its key. */
const deletionEvery = 50;

/** Sent and not yet acknowledged, so that a kill finds some of them under way. */
const unacknowledgedMax = 2_000;

/**
 * Writes a changelog of real keys while readers go through it again and again, while it is compacted in rows and in
 * objects, and while the platform is killed; then reads it back and compares every key.
 */
export async function runChangelog(options: ChangelogOptions, say: (line: string) => void): Promise<ChangelogOutcome> {
  const startedAtMs = performance.now();
  await using platform = new PlatformGroup(options.dataDir);
  await platform.start();
  const client = createClient({ url: platform.url, decompress });
  await client.topics.create({
    name: topic,
    partitions: options.partitions,
    config: { 'cleanup.policy': 'compact', 'segment.bytes': 1_048_576, 'min.cleanable.dirty.ratio': 0.3 },
  });
  const truth = new ChangelogTruth();
  const anomalies: string[] = [];
  const progress = { sent: 0, isWritten: false, passes: 0, readRecords: 0 };
  const readers = (['json', 'binary'] as const).map(async (transport) => {
    while (!progress.isWritten) {
      const before = truth.snapshot();
      const read = await readThrough(client, transport, `the ${transport} reader`);
      read.judgeAgainst(before, truth);
      anomalies.push(...read.anomalies);
      progress.passes += 1;
      progress.readRecords += read.recordCount;
    }
  });
  const killing = killAsItGoes(platform, options, progress, say);
  await write(client, readPlaces(options.keys), options.updates, truth, progress);
  const kills = await killing;
  progress.isWritten = true;
  await Promise.all(readers);
  await compactAll(client);
  let leftRecords = 0;
  for (const transport of ['json', 'binary'] as const) {
    const read = await readThrough(client, transport, `the last ${transport} reader`);
    read.judgeFinal(truth);
    anomalies.push(...read.anomalies);
    leftRecords = read.recordCount;
  }
  await platform.stop();
  const { passes, readRecords } = progress;
  return { anomalies, leftRecords, passes, readRecords, kills, elapsedMs: performance.now() - startedAtMs };
}

async function write(
  client: Client,
  places: readonly Place[],
  updates: number,
  truth: ChangelogTruth,
  progress: { sent: number },
): Promise<void> {
  const producer = client.producer({ topic, deliveryTimeoutMs: 300_000 });
  const unacknowledged = new Set<Promise<unknown>>();
  for (let n = 0; n < updates; n += 1) {
    // Every key in turn at first, then some far more often than others, as in life.
    const at = n < places.length ? n : Math.floor(places.length * Math.random() ** 3);
    const { zip, city, state } = places[at]!;
    const isDeleted = n >= places.length && n % deletionEvery === 0;
    const headers = isDeleted ? [{ name: 'n', value: String(n) }] : [];
    const value = isDeleted ? null : { n, zip, city, state, visitors: Math.floor(Math.random() * 1e6) };
    const sent = producer.send({ key: zip, value, headers }).then(() => truth.acknowledge({ n, zip }, isDeleted));
    unacknowledged.add(sent);
    void sent.finally(() => unacknowledged.delete(sent));
    progress.sent = n + 1;
    if (unacknowledged.size >= unacknowledgedMax) await Promise.race(unacknowledged);
  }
  await Promise.all(unacknowledged);
  await producer.close();
}

async function killAsItGoes(
  platform: PlatformGroup,
  { updates, kills }: ChangelogOptions,
  progress: { readonly sent: number },
  say: (line: string) => void,
): Promise<number> {
  for (let kill = 1; kill <= kills; kill += 1) {
    while (progress.sent < (updates * kill) / (kills + 1)) await pause(5);
    await pause(Math.random() * 300);
    await platform.kill();
    await platform.start();
    say(`${kill} kills, ${progress.sent} updates sent`);
  }
  return kills;
}

/** From the first offset to what was the last one when it began; over again where the platform was away just then. */
async function readThrough(client: Client, transport: 'json' | 'binary', name: string): Promise<ReadThrough> {
  for (;;) {
    const read = new ReadThrough(name);
    try {
      const consumer = client.consumer({ topic, from: 'earliest', stopAtEnd: true, transport });
      for await (const record of consumer) read.take(readUpdate(record));
      return read;
    } catch (thrown) {
      if (!(thrown instanceof MillraceError && thrown.retriable)) throw thrown;
      await pause(50);
    }
  }
}

/** Until every partition has nothing left to compact or to move. */
async function compactAll(client: Client): Promise<void> {
  for (;;) {
    let isDone = true;
    for await (const { jobs, failure } of client.maintenance({ topic })) {
      const isBusy = jobs.some(({ nextDueAt }) => nextDueAt !== null && nextDueAt <= Date.now());
      isDone &&= failure === null && !isBusy;
    }
    if (isDone) return;
  }
}

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, createClient, type PartitionReport } from '../../src/client/index.ts';
import { patchBatch } from '../../src/log/record-batch.ts';
import { startPlatformProcess } from '../support/platform.ts';
import { FlightLog, recordsPerBatch } from './flight-log.ts';
import { readAll, readSamples } from './read-back.ts';

export type TieringOptions = {
  readonly bytes: number;
  readonly partitions: number;
  /** Flights of the file that are repeated. */
  readonly flights: number;
  /** Random offsets, and as many random timestamps. */
  readonly samples: number;
  readonly seed: number;
  readonly dataDir: string;
};

export type TieringOutcome = {
  readonly records: number;
  readonly bytes: number;
  readonly fillMs: number;
  /** From the last acknowledgement until everything but the newest segments had moved. */
  readonly moveMs: number;
  readonly reports: readonly PartitionReport[];
  /** The largest database of a partition, its write-ahead log included: at any time, and in the end. */
  readonly peakDatabaseBytes: number;
  readonly databaseBytes: number;
  readonly readMs: number;
  readonly samples: number;
  readonly anomalies: readonly string[];
};

const topic = 'flights';

/** Some 700 kB. */
const batchesPerRequest = 4;

/** Two segments: the open one, and one that was just closed. */
const localBytesMax = 16 * 1024 * 1024;

/** What a machine that has two cores for everything needs for two gigabytes is a fraction of this. */
const moveTimeoutMs = 300_000;

const databaseIntervalMs = 100;

/**
 * Fills a topic with real records, waits until they have moved to the object store, starts the platform anew, and
 * reads everything back: from the first offset to the last, and at random offsets and timestamps.
 */
export async function runTiering(options: TieringOptions, say: (line: string) => void): Promise<TieringOutcome> {
  const { partitions, dataDir } = options;
  say(`reading ${options.flights} flights`);
  const log = await FlightLog.open(partitions, options.flights);
  await using platform = await startPlatformProcess({ dataDir });
  let client = createClient({ url: platform.url });
  await client.topics.create({ name: topic, partitions, config: { 'retention.ms': -1 } });

  using databases = new DatabaseWatch(dataDir);
  say(`sending ${options.bytes} bytes`);
  const startedAtMs = performance.now();
  const share = Math.ceil(options.bytes / partitions);
  const sent = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => fill(platform.url, log, partition, share)),
  );
  const filledAtMs = performance.now();
  say(`waiting until they have moved`);
  await moved(client, sent);
  const movedAtMs = performance.now();

  // Started again, so that no partition has anything of it in memory.
  await platform.restart();
  client = createClient({ url: platform.url });
  say(`reading all of it back`);
  const batches = sent.map((one) => one.batches);
  const restartedAtMs = performance.now();
  const readers = batches.map((count, partition) => readAll(platform.url, log, { topic, partition, batches: count }));
  const read = await Promise.all(readers);
  const readAtMs = performance.now();
  say(`reading at ${options.samples} random offsets and ${options.samples} random timestamps`);
  const sampled = await readSamples(platform.url, log, { topic, batches, ...options });
  const { partitionReports = [] } = await client.topics.describe(topic);
  return {
    records: batches.reduce((sum, count) => sum + count * recordsPerBatch, 0),
    bytes: sent.reduce((sum, one) => sum + one.bytes, 0),
    fillMs: filledAtMs - startedAtMs,
    moveMs: movedAtMs - filledAtMs,
    reports: partitionReports,
    peakDatabaseBytes: databases.peakBytes,
    databaseBytes: databases.largestBytes(),
    readMs: readAtMs - restartedAtMs,
    samples: options.samples,
    anomalies: [...read.flat(), ...sampled],
  };
}

type Sent = { readonly batches: number; readonly bytes: number };

/** One request at a time, so that each batch stands where it is expected to stand. */
async function fill(url: string, log: FlightLog, partition: number, bytes: number): Promise<Sent> {
  let sentBytes = 0;
  let batches = 0;
  while (sentBytes < bytes) {
    const body = Buffer.concat(
      Array.from({ length: batchesPerRequest }, (_, index) => {
        const batch = log.batch(partition, batches + index);
        // Where it stands is for the log to say.
        patchBatch(batch, 0, 0, 0);
        return batch;
      }),
    );
    const answer = await fetch(`${url}/v1/topics/${topic}/records?partition=${partition}`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.millrace.batch' },
      body,
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`batches were refused: ${answer.status} ${text}`);
    const [first] = (JSON.parse(text) as { results: { offset: number }[] }).results;
    if (first?.offset !== batches * recordsPerBatch) throw new Error(`batch ${batches} was stored elsewhere: ${text}`);
    sentBytes += body.length;
    batches += batchesPerRequest;
  }
  return { batches, bytes: sentBytes };
}

/** Until every partition reports all its records, and that it holds little of them itself. */
async function moved(client: Client, sent: readonly Sent[]): Promise<void> {
  for (const endMs = performance.now() + moveTimeoutMs; performance.now() < endMs; ) {
    const { partitionReports = [] } = await client.topics.describe(topic);
    const isMoved = sent.every(({ batches }, partition) => {
      const report = partitionReports.find((one) => one.partition === partition);
      return report?.highWatermark === batches * recordsPerBatch && report.localBytes <= localBytesMax;
    });
    if (isMoved) return;
    await pause(200);
  }
  throw new Error(`the segments did not move within ${moveTimeoutMs / 1000} s`);
}

/** Watches how large the partitions' databases are on disk. The topic's are the only ones. */
class DatabaseWatch implements Disposable {
  peakBytes = 0;
  readonly #folder: string;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'storage/do/millrace-Partition');
    this.#timer = setInterval(() => {
      this.peakBytes = Math.max(this.peakBytes, this.largestBytes());
    }, databaseIntervalMs);
  }

  /** The largest database with its write-ahead log; 0 before there is one. */
  largestBytes(): number {
    const sizes = new Map<string, number>();
    for (const name of readdirSync(this.#folder, { recursive: true }).map(String)) {
      const [object = ''] = name.split('.');
      const { size = 0 } = statSync(join(this.#folder, name), { throwIfNoEntry: false }) ?? {};
      sizes.set(object, (sizes.get(object) ?? 0) + size);
    }
    return Math.max(0, ...sizes.values());
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

import { batchField, frameBatch } from '../../src/log/record-batch.ts';
import { SeededRandom } from '../simulation/seeded-random.ts';
import { type FlightLog, recordsPerBatch } from './flight-log.ts';

/** A run that is wrong everywhere is told about by its first differences. */
const anomaliesMax = 20;

const pageBytes = 1_000_000;

/** The leader epoch, which the partition sets, and which the CRC leaves out. */
const leaderEpochEnd = batchField.magic;

type PartitionLog = { readonly topic: string; readonly partition: number; readonly batches: number };

/** A partition from its first offset to its last, compared byte for byte with what was sent. */
export async function readAll(url: string, log: FlightLog, { topic, partition, batches }: PartitionLog) {
  const anomalies: string[] = [];
  const end = batches * recordsPerBatch;
  for (let offset = 0; offset < end && anomalies.length < anomaliesMax; ) {
    const page = await readBatches(url, topic, partition, `offset=${offset}`);
    anomalies.push(...differences(log, partition, page.bytes, offset));
    if (page.nextOffset <= offset) anomalies.push(`partition ${partition} has nothing at offset ${offset}`);
    offset = page.nextOffset;
  }
  return anomalies;
}

/**
 * Random offsets and random timestamps, the same ones for a seed: the batches from there on byte for byte, and the
 * first record, as JSON shows it, against the flight in the file.
 */
export async function readSamples(
  url: string,
  log: FlightLog,
  of: { readonly topic: string; readonly batches: readonly number[]; readonly samples: number; readonly seed: number },
): Promise<string[]> {
  const random = new SeededRandom(of.seed);
  const anomalies: string[] = [];
  for (let sample = 0; sample < of.samples * 2 && anomalies.length < anomaliesMax; sample += 1) {
    const partition = random.integer(0, of.batches.length - 1);
    const last = of.batches[partition]! * recordsPerBatch - 1;
    const byTime = sample % 2 === 1;
    // A time between two records finds the later one.
    const timestampMs = Math.round(random.between(log.timestampOf(0), log.timestampOf(last)));
    const offset = byTime ? log.offsetAt(timestampMs) : random.integer(0, last);
    const from = byTime ? `timestamp=${timestampMs}` : `offset=${offset}`;
    const { bytes } = await readBatches(url, of.topic, partition, from);
    anomalies.push(
      ...differences(log, partition, bytes, offset),
      ...(await recordDifference(url, log, of.topic, { partition, offset, from })),
    );
  }
  return anomalies;
}

async function readBatches(url: string, topic: string, partition: number, from: string) {
  const path = `/v1/topics/${topic}/partitions/${partition}/records?${from}&max_bytes=${pageBytes}`;
  const answer = await fetch(`${url}${path}`, { headers: { accept: 'application/vnd.millrace.batch' } });
  if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status} ${await answer.text()}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return { bytes, nextOffset: Number(answer.headers.get('millrace-next-offset')) };
}

/** Whole batches, of which the first holds `offset`, beside those that were sent. */
function* differences(log: FlightLog, partition: number, bytes: Uint8Array, offset: number): Generator<string> {
  let index = Math.floor(offset / recordsPerBatch);
  if (bytes.length === 0) yield `partition ${partition} answered nothing at offset ${offset}`;
  for (let at = 0; at < bytes.length; index += 1) {
    const framed = frameBatch(bytes, at, index);
    if (!framed.ok) return yield `partition ${partition}, from offset ${offset}: ${framed.error.message}`;
    const expected = log.batch(partition, index);
    const stored = bytes.slice(at, at + framed.value);
    stored.fill(0, batchField.partitionLeaderEpoch, leaderEpochEnd);
    if (!Buffer.from(stored.buffer).equals(expected)) yield `partition ${partition} has another batch ${index}`;
    at += framed.value;
  }
}

type RecordJson = { offset: number; timestamp: number; key: string; value: string };

async function recordDifference(
  url: string,
  log: FlightLog,
  topic: string,
  { partition, offset, from }: { readonly partition: number; readonly offset: number; readonly from: string },
): Promise<string[]> {
  const path = `/v1/topics/${topic}/partitions/${partition}/records?${from}&max_records=1&as=base64`;
  const { records } = (await (await fetch(`${url}${path}`)).json()) as { records: RecordJson[] };
  const { origin, json, timestampMs } = log.record(partition, offset);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const expected = { offset, timestamp: timestampMs, key: base64(origin), value: base64(json) };
  const [found] = records;
  const isSame =
    found?.offset === offset &&
    found.timestamp === timestampMs &&
    found.key === expected.key &&
    found.value === expected.value;
  return isSame
    ? []
    : [`partition ${partition}, ${from}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`];
}

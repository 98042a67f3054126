import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { type ConsumedRecord, createClient } from '../../src/client/index.ts';
import { encodeBatch } from '../../src/log/record.ts';
import { readEvents } from '../support/event-stream.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

const recordCount = 24_000;
const recordsPerBatch = 400;
const baseTimestampMs = Date.UTC(2026, 0, 1);
const timestampStepMs = 10;
const batchMediaType = 'application/vnd.millrace.batch';

/** Some 24 MB of records in segments of 1 MB: most of it does not fit the object's rows for long. */
const padding = 'The quick brown fox jumps over the lazy dog. '.repeat(21);
const recordValue = (offset: number) => ({ offset, padding });
const timestampOf = (offset: number) => baseTimestampMs + offset * timestampStepMs;

let platform: PlatformProcess;
let topicUrl: string;

beforeAll(async () => {
  platform = await startPlatformProcess();
  topicUrl = `${platform.url}/v1/topics/flights`;
  const config = { 'segment.bytes': '1048576', 'retention.ms': '-1' };
  const body = JSON.stringify({ name: 'flights', partitions: 1, config });
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(`${platform.url}/v1/topics`, { method: 'POST', headers, body })).status).toBe(201);
  for (let offset = 0; offset < recordCount; offset += recordsPerBatch) await produce(offset);
  await tiered();
  return () => platform[Symbol.asyncDispose]();
});

async function produce(from: number): Promise<void> {
  const records = Array.from({ length: recordsPerBatch }, (_, index) => ({
    timestampMs: timestampOf(from + index),
    key: null,
    value: new TextEncoder().encode(JSON.stringify(recordValue(from + index))),
    headers: [],
  }));
  const stored = await fetch(`${topicUrl}/records?partition=0`, {
    method: 'POST',
    headers: { 'content-type': batchMediaType },
    body: encodeBatch(records) as Uint8Array<ArrayBuffer>,
  });
  expect(stored.status).toBe(200);
  await stored.body?.cancel();
}

type Report = { local_bytes: number; remote_bytes: number; segment_count: number; high_watermark: number };

/** What the partition last reported, once all its sealed segments are in objects. */
async function tiered(): Promise<Report> {
  for (;;) {
    const topic = (await (await fetch(topicUrl)).json()) as { partition_reports?: Report[] };
    const [report] = topic.partition_reports ?? [];
    if (report?.high_watermark === recordCount && report.local_bytes <= 1_048_576) return report;
    await pause(200);
  }
}

/** Offsets all over the log, the same ones in every run, and those beside the border of a segment or the log. */
const offsets = [0, 1, recordCount - 1, ...Array.from({ length: 20 }, (_, n) => (n * 7_919 + 523) % recordCount)];

function filesBelow(folder: string): { path: string; bytes: number }[] {
  return readdirSync(join(platform.dataDir, 'storage', folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, bytes: statSync(path).size }));
}

it('keeps sealed segments in the bucket, and little in the object', async () => {
  const { local_bytes, remote_bytes, segment_count } = await tiered();
  expect(local_bytes).toBeLessThan(1_048_576);
  expect(remote_bytes).toBeGreaterThan(20_000_000);
  expect(segment_count).toBeGreaterThan(20);
  const objectBytes = filesBelow('r2').reduce((sum, { bytes }) => sum + bytes, 0);
  expect(objectBytes).toBeGreaterThanOrEqual(remote_bytes);
  const largest = Math.max(...filesBelow('do/millrace-Partition').map(({ bytes }) => bytes));
  expect(largest).toBeLessThan(12_000_000);
});

it('reads back every record over HTTP, in its stored batches', async () => {
  let offset = 0;
  let batches = 0;
  while (offset < recordCount) {
    const response = await fetch(`${topicUrl}/partitions/0/records?offset=${offset}&max_bytes=1000000`, {
      headers: { accept: batchMediaType },
    });
    expect(response.status).toBe(200);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length; at += view.getInt32(at + 8) + 12) {
      expect(view.getBigInt64(at)).toBe(BigInt(batches * recordsPerBatch));
      batches += 1;
    }
    offset = Number(response.headers.get('millrace-next-offset'));
  }
  expect(batches).toBe(recordCount / recordsPerBatch);
});

type Page = { records: { offset: number; timestamp: number; value: unknown }[]; next_offset: number };

async function page(query: string): Promise<Page> {
  const response = await fetch(`${topicUrl}/partitions/0/records?${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
}

it.each(offsets)('finds offset %i by itself and by its timestamp', async (offset) => {
  const expected = { offset, timestamp: timestampOf(offset), value: recordValue(offset) };
  expect((await page(`offset=${offset}&max_records=3`)).records[0]).toMatchObject(expected);
  expect((await page(`timestamp=${timestampOf(offset)}&max_records=3`)).records[0]).toMatchObject(expected);
  const justBefore = timestampOf(offset) - timestampStepMs + 1;
  expect((await page(`timestamp=${justBefore}&max_records=1`)).records[0]).toMatchObject(expected);
});

it('says that nothing reaches a later timestamp, and what lies outside the log', async () => {
  expect(await page(`timestamp=${timestampOf(recordCount)}`)).toMatchObject({ records: [], next_offset: recordCount });
  const beyond = await fetch(`${topicUrl}/partitions/0/records?offset=${recordCount + 1}`);
  expect(beyond.status).toBe(416);
  await beyond.body?.cancel();
});

it('streams every record over Server-Sent Events, across the border', async () => {
  const response = await fetch(`${topicUrl}/stream?from=earliest`, { headers: { accept: 'text/event-stream' } });
  let next = 0;
  for await (const event of readEvents(response.body as ReadableStream<Uint8Array>)) {
    if (event.data === '') continue;
    const record = JSON.parse(event.data) as { offset: number; value: { offset: number } };
    if (record.offset !== next || record.value.offset !== next) expect(record).toMatchObject({ offset: next });
    next += 1;
    if (next === recordCount) break;
  }
  expect(next).toBe(recordCount);
});

it.each(['json', 'binary'] as const)('delivers what follows an offset over the %s door', async (transport) => {
  const client = createClient({ url: platform.url });
  for (const offset of offsets.slice(0, 6)) {
    const wanted = Math.min(3_000, recordCount - offset);
    let next = offset;
    for await (const record of client.consumer({ topic: 'flights', partitions: [0], from: { 0: offset }, transport })) {
      checkRecord(record, next);
      next += 1;
      if (next === offset + wanted) break;
    }
  }
});

function checkRecord(record: ConsumedRecord, offset: number): void {
  const isRight = record.offset === offset && record.timestamp === timestampOf(offset);
  if (!isRight) expect(record).toMatchObject({ offset, timestamp: timestampOf(offset) });
}

it('wakes a reader that waits at the end, and goes on after a restart', async () => {
  await platform.restart();
  topicUrl = `${platform.url}/v1/topics/flights`;
  expect((await page('offset=0&max_records=1')).records[0]).toMatchObject({ offset: 0, value: recordValue(0) });
  const waiting = page(`offset=${recordCount}&wait_ms=20000`);
  await produce(recordCount);
  expect((await waiting).records[0]).toMatchObject({ offset: recordCount, value: recordValue(recordCount) });
});

it('leaves nothing in the bucket once the topic is deleted', async () => {
  expect((await fetch(topicUrl, { method: 'DELETE' })).status).toBe(204);
  while (filesBelow('r2').some(({ path }) => path.includes('/blobs/'))) await pause(200);
});

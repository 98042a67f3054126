import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient, type Gap, type PartitionMaintenance } from '../../src/client/index.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

const repository = join(import.meta.dirname, '../..');

let platform: PlatformProcess;
let client: Client;

beforeAll(async () => {
  platform = await startPlatformProcess();
  client = createClient({ url: platform.url });
});
afterAll(() => platform?.[Symbol.asyncDispose]());

/** Runs the command line to its end. */
async function millrace(...args: string[]): Promise<{ code: number | null; stdout: string }> {
  const child = spawn(process.execPath, [join(repository, 'src/cli/main.ts'), ...args], {
    cwd: repository,
    env: { ...process.env, MILLRACE_URL: platform.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout };
}

const padding = 'x'.repeat(900);

/** Values 0, 1, 2, ... at the offsets of their number. */
async function fill(topic: string, count: number): Promise<void> {
  const producer = client.producer({ topic });
  for (let n = 0; n < count; n += 1) void producer.send({ value: { n, padding } });
  await producer.close();
}

async function logStart(topic: string): Promise<number> {
  return (await client.read({ topic, partition: 0, offset: 'latest' })).logStartOffset;
}

describe('readers of records that are deleted meanwhile', () => {
  test.each(['json', 'binary'] as const)('the %s door tells of the gap and goes on after it', async (transport) => {
    const topic = `deleted-${transport}`;
    const count = 4_000;
    await client.topics.create({ name: topic });
    await fill(topic, count);
    const gaps: Gap[] = [];
    const consumer = client.consumer({
      topic,
      partitions: [0],
      from: 'earliest',
      stopAtEnd: true,
      creditBytes: 65_536,
      transport,
      onGap: (gap) => gaps.push(gap),
    });
    const seen: number[] = [];
    for await (const record of consumer) {
      if (seen.length === 100) {
        const before = 3_000;
        const deleted = await millrace(
          'topics',
          'delete-records',
          topic,
          '-p',
          '0',
          '-b',
          String(before),
          '--yes',
          '--json',
        );
        expect(JSON.parse(deleted.stdout)).toEqual({ topic, partition: 0, log_start_offset: before });
      }
      expect(record.json()).toMatchObject({ n: record.offset });
      seen.push(record.offset);
    }
    const [gap] = gaps;
    expect(gaps).toEqual([{ topic, partition: 0, from: gap?.from, to: 3_000, reason: 'retention' }]);
    const expected = Array.from({ length: count }, (_, n) => n).filter((n) => n < (gap?.from ?? 0) || n >= 3_000);
    expect(seen).toEqual(expected);
    expect(gap?.from).toBeGreaterThan(100);
    expect(gap?.from).toBeLessThan(3_000);
  });
});

describe('retention', () => {
  test('drops records by itself when their time has come, and says so when one reads below', async () => {
    await client.topics.create({ name: 'brief', config: { 'retention.ms': 1_000 } });
    await fill('brief', 50);
    while ((await logStart('brief')) < 50) await pause(100);
    await expect(client.read({ topic: 'brief', partition: 0, offset: 10 })).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      detail: { log_start_offset: 50, high_watermark: 50 },
    });
    await fill('brief', 1);
    expect((await client.read({ topic: 'brief', partition: 0, offset: 50 })).nextOffset).toBe(51);
  });

  test('by size keeps what fits, and is taken up when the config changes', async () => {
    const name = 'bounded';
    await client.topics.create({ name, config: { 'segment.bytes': 1_048_576, 'retention.ms': -1 } });
    await fill(name, 6_000);
    expect(await logStart(name)).toBe(0);
    await client.topics.alter(name, { config: { 'retention.bytes': 2_000_000 } });
    while ((await logStart(name)) === 0) await pause(100);
    const runs = (await millrace('maintenance', 'run', '--topic', name, '--json')).stdout.trim().split('\n');
    const [run] = runs.map((line) => JSON.parse(line) as PartitionMaintenance);
    expect(run).toMatchObject({ topic: name, partition: 0, failure: null });
    expect(run?.jobs.map(({ job }) => job)).toEqual(
      expect.arrayContaining(['retention', 'tiering', 'object-deletion']),
    );
    const start = await logStart(name);
    const page = await client.read({ topic: name, partition: 0, offset: start });
    expect(page.records[0]?.offset).toBe(start);
    expect((6_000 - start) * 900).toBeGreaterThan(1_800_000);
    expect((6_000 - start) * 900).toBeLessThan(2_000_000 + 1_048_576);
  });
});

test('millrace topics describe shows what a partition holds itself, what was moved, and what waits for compaction', async () => {
  const name = 'described';
  await client.topics.create({ name, config: { 'segment.bytes': 1_048_576, 'cleanup.policy': 'compact,delete' } });
  const producer = client.producer({ topic: name });
  for (let n = 0; n < 3_000; n += 1) void producer.send({ key: String(n), value: { n, padding } });
  await producer.close();
  for (;;) {
    const { partitionReports } = await client.topics.describe(name);
    if (partitionReports?.[0] !== undefined && partitionReports[0].remoteBytes > 0) break;
    await pause(100);
  }
  const described = JSON.parse((await millrace('topics', 'describe', name, '--json')).stdout);
  const [report] = described.partitionReports;
  expect(report).toMatchObject({ partition: 0, logStartOffset: 0, highWatermark: 3_000, damaged: [] });
  expect(report.localBytes + report.remoteBytes).toBeGreaterThan(3_000 * 900);
  expect(report.compaction).toMatchObject({ cleanableRatio: expect.any(Number) });
  const { stdout } = await millrace('topics', 'describe', name);
  expect(stdout).toMatch(/PARTITION +LOCAL BYTES +REMOTE BYTES +SEGMENTS +TO COMPACT +DAMAGED +DUE NEXT +AS OF/);
  expect(stdout).toMatch(/^ +0 +\d+ +\d{7} +\d+ +\d+ % +- +\S+ +\d{4}-\d\d-\d\dT\S+Z$/m);
});

test('millrace maintenance run goes through every topic', async () => {
  const { code, stdout } = await millrace('maintenance', 'run');
  expect(code).toBe(0);
  expect(stdout).toContain('bounded');
  expect(stdout).toMatch(/retention \d{4}-\d\d-\d\dT/);
});

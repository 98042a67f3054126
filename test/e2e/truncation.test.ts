import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { PlatformGroup } from '../durability/platform-group.ts';
import { partitionFile } from '../support/object-files.ts';

const repository = join(import.meta.dirname, '../..');

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-truncation-')));
  directories.push(directory);
  return directory;
}

type Sending = { readonly url: string; readonly topic: string; readonly partition: number };

async function produce({ url, topic, partition }: Sending, ...values: string[]): Promise<unknown> {
  const response = await fetch(`${url}/v1/topics/${topic}/records?partition=${partition}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ records: values.map((value) => ({ value_text: value })) }),
  });
  return response.json();
}

async function read({ url, topic, partition }: Sending, offset: number | string = 'earliest') {
  const path = `${url}/v1/topics/${topic}/partitions/${partition}/records?offset=${offset}&as=text`;
  const response = await fetch(path);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Waits until the cluster was told that the partition ends at `highWatermark`. */
async function untilReported({ url, topic, partition }: Sending, highWatermark: number): Promise<void> {
  const reported = async (): Promise<number | undefined> => {
    const body = (await (await fetch(`${url}/v1/topics/${topic}`)).json()) as {
      partition_reports: { partition: number; high_watermark: number }[];
    };
    return body.partition_reports.find((report) => report.partition === partition)?.high_watermark;
  };
  await expect.poll(reported, { timeout: 30_000, interval: 200 }).toBe(highWatermark);
}

/** A platform with two partitions of ten records each, one a flush, that the cluster has heard of; killed. */
async function killedPlatform(platform: PlatformGroup): Promise<void> {
  await platform.start();
  await createClient({ url: platform.url }).topics.create({ name: 'orders', partitions: 2 });
  for (const partition of [0, 1]) {
    const to = { url: platform.url, topic: 'orders', partition };
    for (let n = 0; n < 10; n += 1) await produce(to, `value ${n}`);
    await untilReported(to, 10);
  }
  await platform.kill();
}

const truncated = { status: 503, body: { code: 'LOG_TRUNCATED', retriable: false } };

test('[I-17a] a write-ahead log that was cut is noticed before anything more is acknowledged, and the loss can be accepted', async () => {
  const dataDir = newDirectory();
  await using platform = new PlatformGroup(dataDir);
  await killedPlatform(platform);
  const log = `${partitionFile(dataDir, 'orders', 0)}-wal`;
  // The last few of ten flushes: two pages of 4 KiB and their headers each.
  truncateSync(log, statSync(log).size - 20_000);
  await platform.start();
  const { url } = platform;
  const cut = { url, topic: 'orders', partition: 0 };
  const whole = { url, topic: 'orders', partition: 1 };

  expect(await read(cut)).toMatchObject(truncated);
  expect(await produce(cut, 'late')).toMatchObject({ results: [{ error: { code: 'LOG_TRUNCATED' } }] });
  expect((await read(whole)).body).toMatchObject({ high_watermark: 10 });
  expect(await produce(whole, 'next')).toMatchObject({ results: [{ offset: 10 }] });
  const consumer = createClient({ url }).consumer({ topic: 'orders', from: 'earliest', partitions: [0] });
  await expect(consumer[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'LOG_TRUNCATED' });

  // Another crash changes nothing: only a person does.
  await platform.kill();
  await platform.start();
  expect(await read(cut)).toMatchObject(truncated);

  const millrace = (...args: string[]) =>
    spawnSync(process.execPath, [join(repository, 'src/cli/main.ts'), ...args, '--url', url], { encoding: 'utf8' });
  expect(millrace('topics', 'recover', 'orders', '--partition', '0')).toMatchObject({ status: 2 });
  const recovery = millrace('topics', 'recover', 'orders', '--partition', '0', '--yes', '--json');
  expect(recovery).toMatchObject({ status: 0, stderr: '' });
  const { highWatermark, ...rest } = JSON.parse(recovery.stdout);
  expect(rest).toEqual({
    partition: 0,
    recovered: true,
    leaderEpoch: 1,
    logStartOffset: 0,
    witnessedHighWatermark: 10,
  });
  expect(highWatermark).toBeGreaterThan(0);
  expect(highWatermark).toBeLessThan(10);

  expect(await read(cut, 10)).toMatchObject({ status: 416, body: { code: 'OFFSET_OUT_OF_RANGE' } });
  expect(await produce(cut, 'next')).toMatchObject({ results: [{ offset: highWatermark }] });
  await untilReported(cut, highWatermark + 1);
  await platform.kill();
  await platform.start();
  const values = ((await read(cut)).body.records as { value: string }[]).map(({ value }) => value);
  expect(values).toEqual([...Array.from({ length: highWatermark }, (_, n) => `value ${n}`), 'next']);
  expect(await createClient({ url }).topics.recover('orders', 0)).toMatchObject({ recovered: false, leaderEpoch: 1 });
});

test("[I-17a] an older copy of one object's files, put in place of its own, is noticed", async () => {
  const dataDir = newDirectory();
  await using platform = new PlatformGroup(dataDir);
  await killedPlatform(platform);
  const backup = newDirectory();
  cpSync(dataDir, backup, { recursive: true });
  await platform.start();
  for (const partition of [0, 1]) {
    const to = { url: platform.url, topic: 'orders', partition };
    await produce(to, 'after the backup');
    await untilReported(to, 11);
  }
  await platform.kill();
  const path = partitionFile(dataDir, 'orders', 1);
  const old = partitionFile(backup, 'orders', 1);
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(`${path}${suffix}`, { force: true });
    cpSync(`${old}${suffix}`, `${path}${suffix}`, { force: true, errorOnExist: false });
  }
  await platform.start();
  const { url } = platform;
  expect(await read({ url, topic: 'orders', partition: 1 })).toMatchObject(truncated);
  expect((await read({ url, topic: 'orders', partition: 0 })).body).toMatchObject({ high_watermark: 11 });
});

test('[I-17a] an object that is gone altogether is not taken for a new one', async () => {
  const dataDir = newDirectory();
  await using platform = new PlatformGroup(dataDir);
  await killedPlatform(platform);
  const path = partitionFile(dataDir, 'orders', 0);
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  await platform.start();
  const lost = { url: platform.url, topic: 'orders', partition: 0 };
  expect(await produce(lost, 'late')).toMatchObject({ results: [{ error: { code: 'LOG_TRUNCATED' } }] });
  expect(await read(lost)).toMatchObject({ status: 503, body: { context: { witnessed_high_watermark: 10 } } });
});

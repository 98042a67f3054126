import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { compress } from '../../src/log/compression.ts';
import { encodeBatch, type NewRecord } from '../../src/log/record.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

const repository = join(import.meta.dirname, '../..');

let platform: PlatformProcess;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-transfer-'));
  platform = await startPlatformProcess();
  await createClient({ url: platform.url }).topics.create({
    name: 'source',
    partitions: 3,
    config: { 'retention.ms': -1, 'max.message.bytes': 900_000 },
  });
  for (const [partition, count] of [
    [0, 200],
    [1, 7],
  ] as const) {
    for (let n = 0; n < count; n += 1) await append('source', partition, n);
  }
});
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Every form a key, a value and a header can have. */
function records(partition: number, n: number): NewRecord[] {
  const values = [
    utf8(`{"n":${n},"big":12345678901234567890123}`),
    utf8(` {"spaces": "around"} `),
    utf8('null'),
    utf8('{"two":\n"lines"}'),
    utf8('plain text, Größe'),
    new Uint8Array([n & 0xff, 0xff, 0xfe]),
    new Uint8Array(),
    null,
  ];
  const keys = [utf8(`key ${n}`), utf8('{"json":"key"}'), new Uint8Array([0xff, 0]), new Uint8Array(), null];
  return Array.from({ length: 1 + (n % 3) }, (_, index) => ({
    timestampMs: 1_700_000_000_000 + n * 1_000 + index * 7 + partition,
    key: keys[(n + index) % keys.length]!,
    value: values[(n + index) % values.length]!,
    headers: [
      { name: 'trace', value: utf8(`${n}`) },
      { name: 'bytes', value: new Uint8Array([0, 0xff]) },
      { name: 'trace', value: null },
    ],
  }));
}

async function append(topic: string, partition: number, n: number): Promise<void> {
  const types = ['none', 'gzip', 'lz4', 'snappy', 'zstd'] as const;
  const type = types[n % types.length]!;
  const batch = encodeBatch(records(partition, n), type === 'none' ? {} : { compression: { type, compress } });
  const response = await fetch(`${platform.url}/v1/topics/${topic}/records?partition=${partition}`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.millrace.batch' },
    body: batch as Uint8Array<ArrayBuffer>,
  });
  expect(response.status).toBe(200);
}

/** Everything of every record but its offset, partition by partition. */
async function contentOf(topic: string): Promise<unknown[][]> {
  const client = createClient({ url: platform.url });
  const { partitions } = await client.topics.describe(topic);
  return Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const content: unknown[] = [];
      for (let offset = 0; ; ) {
        const page = await client.read({ topic, partition, offset, maxRecords: 1_000 });
        for (const { timestamp, key, value, headers } of page.records) {
          content.push([timestamp, hex(key), hex(value), headers.map((header) => [header.name, hex(header.value)])]);
        }
        if (page.nextOffset === offset) return content;
        offset = page.nextOffset;
      }
    }),
  );
}

const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('hex'));

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [join(repository, 'src/cli/main.ts'), 'topics', ...args, '--url', platform.url]);
}

/** Runs the command to its end. */
async function millrace(...args: string[]) {
  const child = start(...args);
  const ended = { status: null as number | null, stdout: '', stderr: '' };
  child.stdout!.on('data', (chunk) => {
    ended.stdout += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    ended.stderr += chunk;
  });
  [ended.status] = await once(child, 'close');
  return ended;
}

/** Kills the command as soon as `hasBegun`, and says whether it was still running. */
async function killWhen(child: ChildProcess, hasBegun: () => boolean): Promise<boolean> {
  const closed = once(child, 'close');
  while (child.exitCode === null && !hasBegun()) await new Promise((resolve) => setTimeout(resolve, 1));
  const isRunning = child.exitCode === null;
  child.kill('SIGKILL');
  await closed;
  return isRunning;
}

const manifestOf = (directory: string) => JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'));

describe.each(['batches', 'ndjson'])('export and import as %s', (form) => {
  test('keeps keys, values, headers, times, partitions and the config; the checksums are those of sha256sum', async () => {
    const to = join(folder, `whole-${form}`);
    expect(await millrace('export', 'source', '--to', to, '--form', form)).toMatchObject({ status: 0, stdout: '' });
    const sums = readFileSync(join(to, 'SHA256SUMS'), 'utf8').trim().split('\n');
    for (const line of sums) {
      const [sum, path] = line.split('  ') as [string, string];
      expect(
        createHash('sha256')
          .update(readFileSync(join(to, path)))
          .digest('hex'),
      ).toBe(sum);
    }
    expect(sums).toHaveLength(1 + manifestOf(to).files.length);
    const target = `copy-${form}`;
    const imported = await millrace('import', target, '--from', to, '--create', '--json');
    expect(imported).toMatchObject({ status: 0 });
    const content = await contentOf('source');
    expect(await contentOf(target)).toEqual(content);
    const total = content.flat().length;
    expect(JSON.parse(imported.stdout)).toEqual({ topic: target, records: total, imported: total });
    const described = await createClient({ url: platform.url }).topics.describe(target);
    expect(described).toMatchObject({ partitions: 3, configOverrides: { 'retention.ms': '-1' } });
    // Once more brings nothing more.
    expect((await millrace('import', target, '--from', to)).status).toBe(0);
    expect((await contentOf(target)).flat()).toHaveLength(total);
  });

  test('goes on after it was killed, the export to the same end and the import without a record twice', async () => {
    const whole = join(folder, `whole-${form}`);
    const to = join(folder, `killed-${form}`);
    const args = ['export', 'source', '--to', to, '--form', form, '--file-bytes', '2000'];
    const hasFiles = (count: number) => () =>
      existsSync(join(to, 'manifest.json')) && manifestOf(to).files.length >= count;
    expect(await killWhen(start(...args), hasFiles(1))).toBe(true);
    expect(manifestOf(to).isComplete).toBe(false);
    expect(await millrace('import', 'never', '--from', to)).toMatchObject({ status: 2 });
    // What is appended meanwhile is not part of the export that began before it.
    await append('source', 2, 1);
    expect((await millrace(...args)).status).toBe(0);
    const partial = manifestOf(to);
    expect(partial.files.length).toBeGreaterThan(2);
    expect(partial.partitions.slice(0, 2)).toEqual(manifestOf(whole).partitions.slice(0, 2));

    const target = `killed-${form}`;
    const state = join(to, `import-${target}.json`);
    let kills = 0;
    for (let round = 0; round < 3; round += 1) {
      const written = existsSync(state) ? readFileSync(state, 'utf8') : '';
      const child = start('import', target, '--from', to, '--create');
      if (await killWhen(child, () => existsSync(state) && readFileSync(state, 'utf8') !== written)) kills += 1;
    }
    expect(kills).toBeGreaterThan(0);
    expect((await millrace('import', target, '--from', to)).status).toBe(0);
    const content = await contentOf('source');
    const copied = await contentOf(target);
    expect(copied.slice(0, 2)).toEqual(content.slice(0, 2));
    rmSync(state);
  });
});

describe('what cannot be imported', () => {
  const broken = async (name: string, change: (directory: string) => void) => {
    const directory = join(folder, name);
    rmSync(directory, { recursive: true, force: true });
    expect((await millrace('export', 'source', '--to', directory)).status).toBe(0);
    change(directory);
    return millrace('import', `target-${name}`, '--from', directory, '--create');
  };
  const isThere = async (topic: string): Promise<boolean> =>
    (await fetch(`${platform.url}/v1/topics/${topic}`)).status === 200;
  /** Files stand in the manifest as they were finished, so they are named by their partition. */
  const fileOf = (directory: string, partition: number): string => {
    const file = manifestOf(directory).files.find((one: { partition: number }) => one.partition === partition);
    return join(directory, file.path);
  };

  test.each([0, 1])('an export with a damaged file of partition %i: nothing of any file is sent', async (partition) => {
    const refused = await broken(`flipped-${partition}`, (directory) => {
      const path = fileOf(directory, partition);
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(path, bytes);
    });
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toContain('is damaged');
    expect(await isThere(`target-flipped-${partition}`)).toBe(false);
  });

  test('a file that is gone, a manifest that was changed, a directory that is none', async () => {
    expect(await broken('gone', (directory) => rmSync(fileOf(directory, 1)))).toMatchObject({ status: 2 });
    expect(await isThere('target-gone')).toBe(false);
    const changed = await broken('changed', (directory) => appendFileSync(join(directory, 'manifest.json'), ' '));
    expect(changed).toMatchObject({ status: 2 });
    expect(changed.stderr).toContain('SHA256SUMS differs');
    expect((await millrace('import', 'x', '--from', folder)).stderr).toContain('it is not an export');
  });

  test('into too few partitions, or under other times than they had, unless that is said', async () => {
    const directory = join(folder, 'fits');
    expect((await millrace('export', 'source', '--to', directory)).status).toBe(0);
    const client = createClient({ url: platform.url });
    await client.topics.create({ name: 'narrow', partitions: 2 });
    expect((await millrace('import', 'narrow', '--from', directory)).stderr).toContain('add partitions first');
    await client.topics.create({
      name: 'stamped',
      partitions: 3,
      config: { 'message.timestamp.type': 'LogAppendTime' },
    });
    expect(await millrace('import', 'stamped', '--from', directory)).toMatchObject({ status: 2 });
    expect((await millrace('import', 'stamped', '--from', directory, '--new-timestamps')).status).toBe(0);
    expect(await millrace('import', 'missing', '--from', directory)).toMatchObject({ status: 3 });
  });

  test('an export into a directory that holds another one', async () => {
    const directory = join(folder, 'fits');
    expect((await millrace('export', 'stamped', '--to', directory)).stderr).toContain('choose another directory');
    expect(await millrace('export', 'source', '--to', directory, '--form', 'ndjson')).toMatchObject({ status: 2 });
    expect(await millrace('export', 'source', '--to', directory, '--form', 'avro')).toMatchObject({ status: 2 });
    expect(await millrace('export', 'source', '--to', directory, '--partition', '1')).toMatchObject({ status: 2 });
  });
});

test('a topic that gives records the time of their append keeps the old times of what is imported', async () => {
  const client = createClient({ url: platform.url });
  await client.topics.create({ name: 'clocked', config: { 'message.timestamp.type': 'LogAppendTime' } });
  await append('clocked', 0, 0);
  const directory = join(folder, 'clocked');
  expect((await millrace('export', 'clocked', '--to', directory, '--partition', '0')).status).toBe(0);
  expect(readdirSync(directory)).toContain('partition-0000');
  expect((await millrace('import', 'clocked-again', '--from', directory, '--create')).status).toBe(0);
  expect(await contentOf('clocked-again')).toEqual(await contentOf('clocked'));
  const { config } = await client.topics.describe('clocked-again');
  expect(config['message.timestamp.type']).toBe('LogAppendTime');
});

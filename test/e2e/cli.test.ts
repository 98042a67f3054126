import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

const repository = join(import.meta.dirname, '../..');
const main = join(repository, 'src/cli/main.ts');

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

let platform: PlatformProcess;
let folder: string;

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [main, ...args], {
    cwd: repository,
    env: { ...process.env, MILLRACE_URL: platform.url, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/** Runs the command to its end. */
function millrace(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = start(args, env);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return ended(child);
}

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  platform = await startPlatformProcess({ port: await freePort() });
});
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe('millrace topics', () => {
  test('create, list, describe, alter and delete', async () => {
    const created = await millrace(['topics', 'create', 'life', '--partitions', '2', '--config', 'retention.ms=60000']);
    expect(created).toMatchObject({ code: 0, stdout: '', stderr: 'created "life" with 2 partitions\n' });
    expect((await millrace(['topics', 'list', '--prefix', 'li'])).stdout).toMatch(/life +2 +retention\.ms=60000/);
    const altered = await millrace([
      'topics',
      'alter',
      'life',
      '--partitions',
      '3',
      '--reset',
      'retention.ms',
      '--json',
    ]);
    expect(JSON.parse(altered.stdout)).toMatchObject({ partitions: 3, configOverrides: {} });
    const described = await millrace(['topics', 'describe', 'life', '--json']);
    expect(JSON.parse(described.stdout).offsets).toEqual(
      [0, 1, 2].map((partition) => ({ partition, logStartOffset: 0, highWatermark: 0 })),
    );
    expect((await millrace(['topics', 'describe', 'life'])).stdout).toContain('retention.ms');
    expect(await millrace(['topics', 'delete', 'life'])).toMatchObject({ code: 2 });
    expect(await millrace(['topics', 'delete', 'life', '--yes'])).toMatchObject({ code: 0 });
    expect(await millrace(['topics', 'describe', 'life'])).toMatchObject({ code: 3 });
  });

  test('name the code, the cause and a next step of an error', async () => {
    const missing = await millrace(['topics', 'describe', 'nowhere']);
    expect(missing.stderr).toMatch(/UNKNOWN_TOPIC_OR_PARTITION: .*"nowhere"/);
    expect(missing.stderr).toContain('next: see what there is with "millrace topics list"');
    const json = await millrace(['topics', 'create', 'a/b', '--json']);
    expect(json).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(json.stderr).error).toMatchObject({ code: 'INVALID_TOPIC_EXCEPTION', status: 400 });
  });
});

describe('millrace', () => {
  test('explains every command with examples', async () => {
    const overview = await millrace(['help']);
    expect(overview.code).toBe(0);
    for (const name of ['dev', 'topics', 'produce', 'consume', 'limits', 'version']) {
      expect(overview.stdout).toContain(`  ${name} `);
      const help = await millrace([name, '--help']);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`Usage: millrace ${name}`);
      expect((await millrace(['help', name])).stdout).toContain(`Usage: millrace ${name}`);
    }
    expect((await millrace([])).stdout).toBe(overview.stdout);
  });

  test('tells wrong usage from failure', async () => {
    for (const args of [
      ['frob'],
      ['help', 'frob'],
      ['topics'],
      ['topics', 'frob'],
      ['consume'],
      ['consume', 'a', '--x'],
    ]) {
      expect(await millrace(args)).toMatchObject({ code: 2, stdout: '' });
    }
    const down = await millrace(['topics', 'list', '--url', 'http://127.0.0.1:9']);
    expect(down).toMatchObject({ code: 1 });
    expect(down.stderr).toMatch(/NETWORK_EXCEPTION[\s\S]*millrace dev/);
    expect(await millrace(['topics', 'list', '--url', 'nonsense'])).toMatchObject({ code: 1 });
  });

  test('prints limits and its version', async () => {
    expect(JSON.parse((await millrace(['limits', '--json'])).stdout).length).toBeGreaterThan(10);
    expect((await millrace(['limits'])).stdout).toContain('BEYOND IT');
    expect((await millrace(['--version'])).stdout).toMatch(/^millrace \d+\.\d+\.\d+\n$/);
  });
});

describe('millrace produce and consume', () => {
  test('bring NDJSON back byte for byte, keyed', async () => {
    await millrace(['topics', 'create', 'ndjson', '--partitions', '3']);
    const lines = Array.from({ length: 3_000 }, (_, n) => `{"id": 9223372036854775807,"n":${n},"k":"key-${n % 10}"}`);
    const file = join(folder, 'lines.ndjson');
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    const produced = await millrace(['produce', 'ndjson', file, '--key', '/k', '--json', '--quiet']);
    expect(produced).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(produced.stdout)).toMatchObject({ records: 3_000, complete: true, stored_through_line: 3_000 });

    const raw = await millrace(['consume', 'ndjson', '--output', 'raw']);
    expect(linesOf(raw.stdout).sort()).toEqual([...lines].sort());
    const keyed = await millrace(['consume', 'ndjson', '--template', '%k %p %s\\n']);
    const partitionsOfKeys = new Set(linesOf(keyed.stdout).map((line) => line.split(' ', 2).join(' ')));
    expect(partitionsOfKeys.size).toBe(10);
    const ofOneKey = linesOf(keyed.stdout).filter((line) => line.startsWith('key-3 '));
    const numbers = ofOneKey.map((line) => Number(/"n":(\d+)/.exec(line)![1]));
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
  });

  test('copy a topic through a pipe without losing a byte', async () => {
    await millrace(['topics', 'create', 'source']);
    await millrace(['topics', 'create', 'copy', '--partitions', '2']);
    const records = [
      '{"key":"a","value":{"n":1.0 },"headers":[{"name":"h","value":"x"}],"timestamp":1700000000000}',
      '{"key":"b","value_text":"plain"}',
      '{"key":"c","value":null}',
      '{"key_base64":"AP8=","value_base64":"AP8="}',
    ];
    await millrace(['produce', 'source', '--format', 'json'], records.join('\n'));
    const printed = (await millrace(['consume', 'source'])).stdout;
    expect(linesOf(printed)[0]).toContain('"value":{"n":1.0 },"value_type":"json"');
    expect(await millrace(['produce', 'copy', '--format', 'json'], printed)).toMatchObject({ code: 0 });
    const comparable = (text: string) =>
      linesOf(text)
        .map((line) => line.replace(/"topic":"\w+","partition":\d,"offset":\d,/, ''))
        .sort();
    expect(comparable((await millrace(['consume', 'copy'])).stdout)).toEqual(comparable(printed));
  });

  test('take an address in a log, and open the dashboard there', async () => {
    await millrace(['topics', 'create', 'addressed', '--partitions', '2']);
    await millrace(['produce', 'addressed', '--partition', '1'], 'a\nb\nc\n');
    const template = ['--template', '%p/%o %s\\n'];
    expect((await millrace(['consume', 'addressed/1@1', ...template])).stdout).toBe('1/1 b\n1/2 c\n');
    expect((await millrace(['consume', 'addressed/1@0..2', ...template])).stdout).toBe('1/0 a\n1/1 b\n');
    expect((await millrace(['consume', 'addressed@-1h..now', ...template])).stdout).toBe('1/0 a\n1/1 b\n1/2 c\n');
    expect((await millrace(['consume', 'addressed@-2h..-1h', ...template])).stdout).toBe('');
    const searched = ['consume', 'addressed@0..2', '--where', 'value != "a"', ...template];
    expect((await millrace(searched)).stdout).toBe('1/1 b\n');
    const endless = await millrace(['consume', 'addressed@-1h..now', '--follow']);
    expect([endless.code, endless.stderr]).toEqual([2, expect.stringContaining('neither --follow nor --group')]);
    const twice = await millrace(['consume', 'addressed/1@1', '--from', 'earliest']);
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('leave --from out')]);
    const opened = await millrace(['open', 'addressed/1@2', '--print']);
    expect(opened.stdout).toBe(`${platform.url}/dashboard/local/local/topics/addressed/1/2\n`);
    expect((await millrace(['open', 'a b'])).code).toBe(2);
  });

  test('print what a filter means, searched by the platform or tried here', async () => {
    await millrace(['topics', 'create', 'searched', '--partitions', '2']);
    const lines = Array.from({ length: 40 }, (_, index) => `{"id":"k${index % 4}","n":${index}}`).join('\n');
    await millrace(['produce', 'searched', '--format', 'ndjson', '--key', '/id'], `${lines}\n`);
    const where = ['--where', 'key == "k1" && value.n > 20', '--template', '%s;'];
    const found = '{"id":"k1","n":21};{"id":"k1","n":25};{"id":"k1","n":29};{"id":"k1","n":33};{"id":"k1","n":37};';
    const searched = await millrace(['consume', 'searched', ...where]);
    expect([searched.stdout, searched.code]).toEqual([found, 0]);
    expect(searched.stderr).toContain('only its partition is searched');
    const every = await millrace(['consume', 'searched', ...where, '--every-partition']);
    expect([every.stdout, every.stderr]).toEqual([found, '']);
    expect((await millrace(['consume', 'searched', ...where, '--limit', '2'])).stdout).toBe(found.slice(0, 38));
    const followed = ['consume', 'searched', '-f', '--from', 'earliest', '--limit', '5'];
    expect((await millrace([...followed, ...where])).stdout).toBe(found);
    const wrong = await millrace(['consume', 'searched', '--where', 'value.n = 1']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('value.n = 1\n        ^');
    const inGroup = await millrace(['consume', 'searched', '--group', 'g', ...where]);
    expect([inGroup.code, inGroup.stderr]).toEqual([2, expect.stringContaining('--where does not go with --group')]);
  });

  test('split keys from lines and add headers', async () => {
    await millrace(['topics', 'create', 'split']);
    const args = ['produce', 'split', '--key-separator', ':', '--header', 'host=web-1', '--partition', '0'];
    await millrace([...args, '--rate', '1000/s'], 'ada:1\nbob:2:3\n');
    const read = await millrace(['consume', 'split', '--template', '%k=%s %h;']);
    expect(read.stdout).toBe('ada=1 host=web-1;bob=2:3 host=web-1;');
    expect((await millrace(['consume', 'split', '--from', '1', '--output', 'raw'])).stdout).toBe('2:3\n');
    expect((await millrace(['consume', 'split', '--limit', '1', '--output', 'raw'])).stdout).toBe('1\n');
    expect((await millrace(['consume', 'split', '--from', '-1h', '--limit', '1', '--output', 'raw'])).stdout).toBe(
      '1\n',
    );
    const position = /position (\S+)/.exec(
      (await millrace(['consume', 'split', '--limit', '1', '--position'])).stderr,
    )![1]!;
    expect((await millrace(['consume', 'split', '--from', position, '--output', 'raw'])).stdout).toBe('2:3\n');
    expect(await millrace(['consume', 'split', '--partition', '7'])).toMatchObject({ code: 2 });
  });

  test('say where a run that failed goes on, and go on there', async () => {
    await millrace(['topics', 'create', 'resumed', '--partitions', '2']);
    const bad = '1\n2\n{"bad\n4\n';
    const failed = await millrace(['produce', 'resumed', '--format', 'ndjson'], bad);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toContain('lines up to 2 are stored (2 records acknowledged)');
    expect(failed.stderr).toContain('--skip 2');
    expect(failed.stderr).toMatch(/MALFORMED_JSON: line 3: column \d+/);
    const mended = await millrace(
      ['produce', 'resumed', '--format', 'ndjson', '--skip', '2'],
      bad.replace('{"bad', '3'),
    );
    expect(mended).toMatchObject({ code: 0 });
    const read = await millrace(['consume', 'resumed', '--output', 'raw']);
    expect(linesOf(read.stdout).sort()).toEqual(['1', '2', '3', '4']);
  });

  test('end quietly when the reader goes away', async () => {
    const child = start(['consume', 'ndjson', '--output', 'raw']);
    child.stdout!.once('data', () => child.stdout!.destroy());
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, 'exit');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('follow a topic through a crash of the platform, every line once, and stop at Ctrl-C', async () => {
    await millrace(['topics', 'create', 'followed', '--partitions', '2']);
    const follower = start(['consume', 'followed', '-f', '--from', 'earliest', '--output', 'raw', '--quiet']);
    const following = once(follower, 'exit');
    let printed = '';
    follower.stdout!.setEncoding('utf8').on('data', (chunk) => {
      printed += chunk;
    });
    const producer = start(['produce', 'followed', '--quiet']);
    const producing = ended(producer);
    const count = 4_000;
    for (let n = 0; n < count; n += 100) {
      producer.stdin!.write(Array.from({ length: 100 }, (_, index) => `line ${n + index}\n`).join(''));
      if (n === 1_500) {
        await platform.kill9();
        // The killed runtime may hold its port for a moment after it has left the list of processes.
        await platform.restart();
      } else {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    producer.stdin!.end();
    expect(await producing).toMatchObject({ code: 0 });
    await expect.poll(() => linesOf(printed).length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
    follower.kill('SIGINT');
    expect(await following).toEqual([0, null]);
    const numbers = linesOf(printed).map((line) => Number(line.slice('line '.length)));
    expect(numbers.sort((one, other) => one - other)).toEqual(Array.from({ length: count }, (_, n) => n));
  });
});

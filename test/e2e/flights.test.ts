import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFlights } from '../../examples/flights/flight-file.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

const repository = join(import.meta.dirname, '../..');
const flightCount = 20_000;

/** Sending and five readings of 20,000 records take seconds; another process may hold the processors. */
const timeoutMs = 180_000;

/** A command that hangs must not outlive its test. */
const commandTimeoutMs = 50_000;

let platform: PlatformProcess;
beforeAll(async () => {
  platform = await startPlatformProcess();
});
afterAll(() => platform[Symbol.asyncDispose]());

type Outcome = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(repository, program), ...args, '--url', platform.url], {
    cwd: repository,
    timeout: commandTimeoutMs,
  });
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk) => (stdout += chunk));
  child.stderr!.on('data', (chunk) => (stderr += chunk));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

const runFlights = (...args: string[]) => outcomeOf(start('examples/flights/main.ts', args));
const runMillrace = (...args: string[]) => outcomeOf(start('src/cli/main.ts', args));

async function firstFlights(count: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const { json } of readFlights(count)) lines.push(json);
  return lines;
}

test(
  'every flight is there once, in key order, byte for byte, through every door, while a second terminal tails it',
  async () => {
    const created = await runMillrace('topics', 'create', 'flights', '--partitions', '3');
    expect(created).toMatchObject({ code: 0 });
    const tail = start('src/cli/main.ts', ['consume', 'flights', '-f', '--from', 'earliest', '-n', `${flightCount}`]);
    const [tailed, run] = await Promise.all([outcomeOf(tail), runFlights('--limit', `${flightCount}`)]);

    expect(run.stderr).toContain(`Sending 20,000 flights to flights at ${platform.url}`);
    expect(run).toMatchObject({ code: 0 });
    const doors = run.stdout.trimEnd().split('\n');
    expect(doors.map((line) => line.slice(0, 21).trimEnd())).toEqual([
      'HTTP, record batches',
      'HTTP, NDJSON',
      'SSE',
      'WebSocket, JSON',
      'WebSocket, binary',
    ]);
    for (const line of doors) {
      expect(line).toContain('every record once, in key order, byte for byte (20,000 records,');
    }

    expect(tailed).toMatchObject({ code: 0 });
    const values = tailed.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.stringify(JSON.parse(line).value));
    expect(values.toSorted()).toEqual((await firstFlights(flightCount)).toSorted());
  },
  timeoutMs,
);

test('refuses a topic that holds records, and verifies it again without sending', async () => {
  await runFlights('--topic', 'again', '--limit', '500');
  const refused = await runFlights('--topic', 'again', '--limit', '500');
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain('the topic again holds 500 records already: verify them with --verify-only');
  expect(await runFlights('--topic', 'again', '--limit', '500', '--verify-only')).toMatchObject({ code: 0 });
  const short = await runFlights('--topic', 'again', '--limit', '501', '--verify-only');
  expect(short).toMatchObject({ code: 1, stdout: 'again holds 500 records; 501 were expected\n' });
});

test('finds one changed digit among the flights, through every door', async () => {
  const flights = await firstFlights(1_000);
  flights[777] = flights[777]!.replace(/"delay":(-?\d+)/, (_, delay) => `"delay":${Number(delay) + 1}`);
  await runMillrace('topics', 'create', 'changed');
  const producer = start('src/cli/main.ts', ['produce', 'changed', '--key', '/origin']);
  producer.stdin!.end(flights.join('\n'));
  expect(await outcomeOf(producer)).toMatchObject({ code: 0 });

  const verified = await runFlights('--topic', 'changed', '--limit', '1000', '--verify-only');
  expect(verified.code).toBe(1);
  const { origin } = JSON.parse(flights[777]!);
  const verdicts = verified.stdout.trimEnd().split('\n');
  expect(verdicts).toHaveLength(5);
  for (const verdict of verdicts) expect(verdict).toMatch(new RegExp(`WRONG: key ${origin}: the first difference is`));
});

test('says what is wrong with the command line, and where there is no platform', async () => {
  const wrong = await runFlights('--limit', 'many');
  expect(wrong).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'flights: --limit takes a whole number from 1 on, not "many"\n',
  });
  const nowhere = await outcomeOf(
    spawn(process.execPath, [join(repository, 'examples/flights/main.ts'), '--url', 'http://127.0.0.1:9']),
  );
  expect(nowhere).toMatchObject({ code: 1, stdout: '' });
  expect(nowhere.stderr).toMatch(/^flights: .*127\.0\.0\.1:9/);
});

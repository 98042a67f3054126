import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bashOptions, printedPattern, shellBlocks } from '../support/shell-blocks.ts';

const repository = join(import.meta.dirname, '../..');
const blocks = shellBlocks(join(repository, 'README.md'));

/** 200,000 flights, through every door, on a machine that does other things too. */
const walkTimeoutMs = 240_000;

/**
 * Three things are not as the README has them, because a developer may run a platform of their own meanwhile: the
 * port is any free one, the data is in a directory of the test's, and the command line is told so by its environment.
 * And npm is told to leave out its own banner, so that what is compared is what the platform prints.
 */
let url = 'http://127.0.0.1:8787';
let dataDir: string;

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'millrace-readme-'));
});

type Terminal = { readonly shell: ChildProcess; readonly printed: string; readonly said: string };

const terminals: ChildProcess[] = [];

/** Runs a block as its own terminal would: word for word but for what is said above. */
function run(script: string): Terminal {
  const here = script
    .replace(/^npm start$/m, `npm start --silent -- --port 0 --data ${dataDir}`)
    .replace(/^npm run /m, 'npm run --silent ')
    .replaceAll('http://127.0.0.1:8787', url);
  const shell = spawn('bash', [...bashOptions, here], {
    cwd: repository,
    env: { ...process.env, MILLRACE_URL: url, NPM_CONFIG_UPDATE_NOTIFIER: 'false' },
    detached: true,
  });
  terminals.push(shell);
  const terminal = { shell, printed: '', said: '' };
  shell.stdout.on('data', (chunk) => (terminal.printed += chunk));
  shell.stderr.on('data', (chunk) => (terminal.said += chunk));
  return terminal;
}

/** Ctrl-C: everything the terminal runs in the foreground gets the signal. */
async function interrupt({ shell }: Terminal): Promise<void> {
  if (shell.exitCode !== null || shell.signalCode !== null) return;
  const exited = once(shell, 'exit');
  process.kill(-shell.pid!, 'SIGINT');
  await exited;
}

afterAll(() => {
  for (const { pid, exitCode, signalCode } of terminals) {
    if (exitCode === null && signalCode === null) process.kill(-pid!, 'SIGKILL');
  }
  rmSync(dataDir, { recursive: true, force: true });
});

function isPrintedAs(printed: string, expected: string): boolean {
  return printedPattern(expected.trimEnd()).test(printed.trimEnd());
}

test(
  'the first minute works as it is written, and prints what is written',
  async () => {
    const [start, ...rest] = blocks;
    expect(start!.script).toBe('npm start\n');
    const platform = run(start!.script);
    await expect.poll(() => platform.printed, { timeout: 30_000 }).toMatch(/ is ready at /);
    url = /http:\S+/.exec(platform.printed)![0];
    const ready = platform.printed
      .replace(url, 'http://127.0.0.1:8787')
      .replace(/Kafka at 127\.0\.0\.1:\d+/, 'Kafka at 127.0.0.1:9092')
      .replace(/Proxy at http:\/\/127\.0\.0\.1:\d+/, 'Proxy at http://127.0.0.1:8082')
      .replace(dataDir, '.millrace');
    expect(ready).toBe(start!.printed);

    const tails: Terminal[] = [];
    for (const { script, printed } of rest) {
      const terminal = run(script);
      if (script.trimEnd().endsWith('--follow')) {
        await expect.poll(() => terminal.said, { timeout: 30_000 }).toContain('created "flights"');
        tails.push(terminal);
        continue;
      }
      const [code] = await once(terminal.shell, 'close');
      expect([script, code, terminal.said]).toEqual([script, 0, terminal.said]);
      if (!isPrintedAs(sortedIfConsumed(script, terminal.printed), printed!)) expect(terminal.printed).toBe(printed);
    }

    expect(tails).toHaveLength(1);
    const [tail] = tails as [Terminal];
    await expect.poll(() => tail.printed.length, { timeout: 30_000 }).toBeGreaterThan(0);
    await interrupt(tail);
    const flight = JSON.parse(tail.printed.split('\n', 1)[0]!);
    expect(flight).toMatchObject({ topic: 'flights', value_type: 'json', value: { origin: flight.key } });
    await interrupt(platform);
  },
  walkTimeoutMs,
);

/** Records of several partitions come in any order; the document shows them by partition. */
function sortedIfConsumed(script: string, printed: string): string {
  return script.includes('millrace consume') ? printed.trimEnd().split('\n').toSorted().join('\n') : printed;
}

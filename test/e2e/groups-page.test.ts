import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPlatformProcess } from '../support/platform.ts';
import { bashOptions, printedPattern, shellBlocks } from '../support/shell-blocks.ts';

const repository = join(import.meta.dirname, '../..');

/** Two dozen commands, each a process that reads TypeScript. */
const walkTimeoutMs = 240_000;

async function run(script: string, url: string): Promise<string> {
  const here = script.replaceAll('http://127.0.0.1:8787', url);
  const shell = spawn('bash', [...bashOptions, here], {
    cwd: repository,
    env: { ...process.env, MILLRACE_URL: url, NPM_CONFIG_UPDATE_NOTIFIER: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let said = '';
  shell.stdout.on('data', (chunk) => (printed += chunk));
  shell.stderr.on('data', (chunk) => (said += chunk));
  const [code] = await once(shell, 'close');
  expect([script, code, said]).toEqual([script, 0, said]);
  return printed;
}

test.each(['docs/groups.md', 'docs/share-groups.md', 'docs/jobs.md'])(
  'the walk of %s works as it is written, and prints what is written',
  async (page) => {
    await using platform = await startPlatformProcess();
    for (const { script, printed } of shellBlocks(join(repository, page))) {
      const actual = (await run(script, platform.url)).trimEnd();
      if (printed !== null && !printedPattern(printed.trimEnd()).test(actual)) expect(actual).toBe(printed.trimEnd());
    }
  },
  walkTimeoutMs,
);

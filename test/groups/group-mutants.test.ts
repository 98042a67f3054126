import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { groupMutants } from './group-mutants.ts';

const repository = join(import.meta.dirname, '../..');

async function judge(mutant: string): Promise<{ code: number | null; printed: string }> {
  const child = spawn(
    process.execPath,
    ['--import', './test/groups/load-group-mutant.ts', 'test/groups/run-group-model.ts'],
    { cwd: repository, env: { ...process.env, GROUP_MUTANT: mutant }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += chunk));
  child.stderr.on('data', (chunk) => (printed += chunk));
  const [code] = await once(child, 'close');
  return { code, printed };
}

it.each(groupMutants)(
  'the model notices $name',
  async ({ name }) => {
    const { code, printed } = await judge(name);
    expect([code, printed]).toEqual([1, expect.stringMatching(/I-3[a-f]/)]);
  },
  120_000,
);

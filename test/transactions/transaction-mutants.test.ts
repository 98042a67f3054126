import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { transactionMutants } from './transaction-mutants.ts';

const repository = join(import.meta.dirname, '../..');
const seeds = 500;

async function judge(mutant: string): Promise<{ code: number | null; printed: string }> {
  const preload = ['--import', './test/transactions/load-transaction-mutant.ts'];
  const run = ['test/transactions/main.ts', '--records', '200', '--seeds', String(seeds)];
  const child = spawn(process.execPath, [...preload, ...run], {
    cwd: repository,
    env: { ...process.env, TRANSACTION_MUTANT: mutant },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += chunk));
  child.stderr.on('data', (chunk) => (printed += chunk));
  const [code] = await once(child, 'close');
  return { code, printed };
}

it.each(transactionMutants)(
  'the chain notices $name',
  async ({ name }) => {
    const { code, printed } = await judge(name);
    expect([code, printed]).toEqual([1, expect.stringMatching(/I-2[a-e]/)]);
  },
  300_000,
);

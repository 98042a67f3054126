import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPlatformProcess } from '../support/platform.ts';

const repository = join(import.meta.dirname, '../..');
const page = readFileSync(join(repository, 'docs/client.md'), 'utf8');

/** Each sample of the page with what it says it prints. */
const samples = [...page.matchAll(/```ts\n(.*?)```\n```text\n(.*?)```/gs)].map(([, code, printed]) => ({
  code: code!,
  printed: printed!,
}));

async function run(file: string): Promise<string> {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    printed += chunk;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return printed;
}

test('the samples of docs/client.md do what the page says', async () => {
  expect(samples).toHaveLength([...page.matchAll(/```ts\n/g)].length);
  await using platform = await startPlatformProcess();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-samples-'));
  try {
    for (const [index, { code, printed }] of samples.entries()) {
      const file = join(folder, `sample-${index}.ts`);
      const runnable = code
        .replaceAll('../src/', `${repository}/src/`)
        .replaceAll('http://127.0.0.1:8787', platform.url);
      writeFileSync(file, runnable);
      expect(await run(file)).toBe(printed);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

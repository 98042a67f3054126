import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAlive, processTree } from '../support/processes.ts';

const repository = join(import.meta.dirname, '../..');
const bin = join(repository, 'src/cli/bootstrap/millrace.mjs');

let directory: string;
/** A Node that is not the one in node_modules, as the one that a user types `millrace` under. */
let otherNode: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-bin-'));
  otherNode = join(directory, 'node');
  copyFileSync(process.execPath, otherNode);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function startDev(name: string): Promise<{ bin: ChildProcess; url: string; tree: number[] }> {
  const args = [bin, 'dev', '--port', '0', '--data', join(directory, name), '--json'];
  const child = spawn(otherNode, args, { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => ['null'])]);
  return { bin: child, url: (JSON.parse(String(line)) as { url: string }).url, tree: processTree(child.pid!) };
}

test("runs the command on the package's own Node, with its arguments, output and exit code", () => {
  const help = spawnSync(otherNode, [bin, 'dev', '--help'], { encoding: 'utf8' });
  expect(help).toMatchObject({ status: 0, stderr: '' });
  expect(help.stdout).toContain('millrace dev');
  const refused = spawnSync(otherNode, [bin, 'dev', '--port', 'x'], { encoding: 'utf8' });
  expect(refused).toMatchObject({ status: 2, stdout: '' });
  expect(refused.stderr).toContain('"x" is not a port');
});

test('hands signals over: SIGTERM to the bin stops the platform cleanly', async () => {
  const started = await startDev('sigterm');
  expect(started.tree.length).toBeGreaterThanOrEqual(3);
  expect((await fetch(`${started.url}/healthz`)).status).toBe(200);
  started.bin.kill('SIGTERM');
  expect(await once(started.bin, 'exit')).toEqual([0, null]);
  expect(started.tree.filter(isAlive)).toEqual([]);
});

test('the platform does not outlive the bin', async () => {
  const started = await startDev('sigkill');
  started.bin.kill('SIGKILL');
  await expect.poll(() => started.tree.filter(isAlive), { timeout: 20_000 }).toEqual([]);
});

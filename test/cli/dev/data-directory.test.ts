import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataDirectory } from '../../../src/cli/dev/data-directory.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-data-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('makes a directory, and keeps its secret', () => {
  const first = openDataDirectory(join(root, 'deep/er'));
  first.release();
  const second = openDataDirectory(join(root, 'deep/er'));
  second.release();
  expect(first.secret).toMatch(/^[0-9a-f]{64}$/);
  expect(second.secret).toBe(first.secret);
});

test('is held by one at a time, also under another name', () => {
  const held = openDataDirectory(join(root, 'data'));
  symlinkSync(join(root, 'data'), join(root, 'alias'));
  held.describe({ pid: 4711, url: 'http://127.0.0.1:1' });
  for (const name of ['data', 'alias']) {
    expect(() => openDataDirectory(join(root, name))).toThrow('process 4711 and answers at http://127.0.0.1:1');
  }
  held.release();
  openDataDirectory(join(root, 'alias')).release();
});

test('is free again however its holder ended, even when another process got its pid', () => {
  const data = join(root, 'data');
  const source = join(import.meta.dirname, '../../../src/cli/dev/data-directory.ts');
  const program = `import(${JSON.stringify(source)}).then((m) => { m.openDataDirectory(${JSON.stringify(data)}); process.kill(process.pid, 'SIGKILL'); });`;
  expect(() => execFileSync(process.execPath, ['-e', program], { stdio: 'pipe' })).toThrow();
  const left = JSON.parse(readFileSync(join(data, 'platform.json'), 'utf8'));
  expect(left.pid).not.toBe(process.pid);
  writeFileSync(join(data, 'platform.json'), JSON.stringify({ pid: process.pid }));
  openDataDirectory(data).release();
});

test('clears what a killed platform left in the temporary folder', () => {
  mkdirSync(join(root, 'tmp/leftover'), { recursive: true });
  const data = openDataDirectory(root);
  expect(() => readFileSync(join(root, 'tmp/leftover'))).toThrow('ENOENT');
  data.release();
});

test('refuses a damaged secret instead of making a new one', () => {
  writeFileSync(join(root, 'secret'), 'too short\n');
  expect(() => openDataDirectory(root)).toThrow('restore it from a backup');
  rmSync(join(root, 'secret'));
  openDataDirectory(root).release();
});

test('refuses what is no directory', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => openDataDirectory(join(root, 'file'))).toThrow('Cannot use');
});

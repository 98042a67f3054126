import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const source = join(import.meta.dirname, '../../../src/cli/bootstrap/ensure-install.mjs');

/**
 * Stands in for npm's own program, which needs a registry: notes how it was called, empties node_modules as `npm ci`
 * does, and then does what the test wrote into its file.
 */
const npmStandIn = `
const { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } = require('node:fs');
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules/left-pad', { recursive: true });
const fate = existsSync('npm-fate') ? readFileSync('npm-fate', 'utf8') : '';
if (fate === 'killed') process.kill(process.pid, 'SIGKILL');
if (fate === 'fails') { console.error('no such registry'); process.exit(7); }
`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-install-'));
  mkdirSync(join(root, 'src/cli/bootstrap'), { recursive: true });
  copyFileSync(source, join(root, 'src/cli/bootstrap/ensure-install.mjs'));
  writeFileSync(join(root, 'npm.cjs'), npmStandIn);
  writeLock('1.0.0');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function writeLock(version: string): void {
  const packages = { '': {}, 'node_modules/a': { version }, 'node_modules/b': { version, dev: true } };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
}

/** Runs the script; returns its exit code, what it said, and how npm was called by it. */
function ensure(...args: string[]): { status: number | null; stderr: string; stdout: string; calls: string[] } {
  rmSync(join(root, 'npm-calls'), { force: true });
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [join(root, 'src/cli/bootstrap/ensure-install.mjs'), ...args],
    { encoding: 'utf8', env: { ...process.env, npm_execpath: join(root, 'npm.cjs') } },
  );
  const noted = join(root, 'npm-calls');
  const calls = existsSync(noted) ? readFileSync(noted, 'utf8').trim().split('\n') : [];
  return { status, stderr, stdout, calls };
}

const isStamped = (): boolean => existsSync(join(root, 'node_modules/.millrace-installed'));

test('installs what running needs, once, and says so on stderr', () => {
  const first = ensure('--runtime');
  expect(first).toMatchObject({ status: 0, stdout: '' });
  expect(first.calls).toEqual(['ci --no-audit --no-fund --loglevel=error --omit=dev']);
  expect(first.stderr).toContain('installing what running needs');
  expect(ensure('--runtime')).toEqual({ status: 0, stdout: '', stderr: '', calls: [] });
});

test('a runtime install is not enough for the tests; a full one is enough for both', () => {
  ensure('--runtime');
  expect(ensure().calls).toEqual(['ci --no-audit --no-fund --loglevel=error']);
  expect(ensure().calls).toEqual([]);
  expect(ensure('--runtime').calls).toEqual([]);
});

test('installs again when the lock has changed', () => {
  ensure();
  writeLock('1.0.1');
  expect(ensure('--runtime').calls).toHaveLength(1);
  expect(ensure('--runtime').calls).toHaveLength(0);
});

test('an install that was cut short is done again', () => {
  ensure('--runtime');
  writeLock('1.0.1');
  writeFileSync(join(root, 'npm-fate'), 'killed');
  expect(ensure('--runtime').status).not.toBe(0);
  expect(isStamped()).toBe(false);
  rmSync(join(root, 'npm-fate'));
  expect(ensure('--runtime')).toMatchObject({ status: 0, calls: [expect.stringContaining('ci')] });
});

test("passes npm's failure on, with what it said, and starts nothing", () => {
  writeFileSync(join(root, 'npm-fate'), 'fails');
  const failed = ensure();
  expect(failed.status).toBe(7);
  expect(failed.stderr).toContain('no such registry');
  expect(isStamped()).toBe(false);
});

test('recognizes an install by hand', () => {
  mkdirSync(join(root, 'node_modules'));
  const record = join(root, 'node_modules/.package-lock.json');
  writeFileSync(record, JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }));
  expect(ensure('--runtime').calls).toEqual([]);
  expect(ensure().calls).toHaveLength(1);
});

test('does not take another version for an install by hand', () => {
  mkdirSync(join(root, 'node_modules'));
  const record = join(root, 'node_modules/.package-lock.json');
  writeFileSync(record, JSON.stringify({ packages: { 'node_modules/a': { version: '0.9.0' } } }));
  expect(ensure('--runtime').calls).toHaveLength(1);
});

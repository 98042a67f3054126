import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { soundHistory } from '../../check/history-builder.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-check-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const sound = soundHistory().map((line) => JSON.stringify(line));

function check(lines: readonly string[], ...options: string[]) {
  const file = join(directory, 'history.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return run(['check', file, ...options]);
}

function run(words: readonly string[], input = '') {
  const main = join(import.meta.dirname, '../../../src/cli/main.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { encoding: 'utf8', input });
  return { status, stdout, stderr };
}

test('a sound history: exit code 0 and a summary', () => {
  const { status, stdout } = check(sound);
  expect(status).toBe(0);
  expect(stdout).toMatch(/40 sends acknowledged, 1 with unknown outcome, .* 0 anomalies/);
});

test('an anomaly: exit code 1, and which lines show it', () => {
  const stale = '["t","other",900,901,0,"a/0",12]';
  const { status, stdout } = check([...sound, stale]);
  expect(status).toBe(1);
  expect(stdout).toContain('stale-tail in a/0: the log was said to end at 12');
  expect(stdout).toContain(`, ${sound.length + 1})`);
  const report = JSON.parse(check([...sound, stale], '--json').stdout) as { anomalyCount: number };
  expect(report.anomalyCount).toBe(1);
});

test('a history from standard input, with a line that is no operation', () => {
  const { status, stdout } = run(['check', '-'], 'what is this\n');
  expect(status).toBe(1);
  expect(stdout).toContain('line 1: it is not JSON');
});

test('a file that is not there: exit code 2', () => {
  const { status, stderr } = run(['check', join(directory, 'nowhere')]);
  expect(status).toBe(2);
  expect(stderr).toContain('nowhere cannot be read');
});

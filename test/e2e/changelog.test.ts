import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runChangelog } from '../changelog/changelog-run.ts';

/** A start takes seconds on a busy machine, and there are several, with a hundred thousand updates in between. */
const deadlineMs = 240_000;

let dataDir: string;

beforeAll(() => {
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-changelog-')));
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

test(
  '[I-7a] [I-7c] a compacted changelog of 100,000 updates of 10,000 real keys ends in the last value of each, read all the while and killed in between',
  async () => {
    const options = { updates: 100_000, keys: 10_000, partitions: 1, kills: 4, dataDir };
    const outcome = await runChangelog(options, () => undefined);
    expect(outcome.anomalies).toEqual([]);
    expect(outcome.kills).toBe(options.kills);
    expect(outcome.passes).toBeGreaterThan(2);
    expect(outcome.leftRecords).toBeLessThan(options.updates / 2);
  },
  deadlineMs,
);

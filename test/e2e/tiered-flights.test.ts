import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTiering } from '../tiering/tiering-run.ts';

/** It takes ten seconds, and on a busy machine a multiple of that. */
const deadlineMs = 240_000;

let dataDir: string;

beforeAll(() => {
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-tiering-')));
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

test(
  '[I-6a] 100 MB of real records lie in the object store and read back byte for byte, from the start and from anywhere',
  async () => {
    const options = { bytes: 100_000_000, partitions: 1, flights: 200_000, samples: 20, seed: 1, dataDir };
    const outcome = await runTiering(options, () => undefined);
    expect(outcome.anomalies).toEqual([]);
    expect(outcome.reports).toHaveLength(1);
    expect(outcome.reports[0]?.remoteBytes).toBeGreaterThan(80_000_000);
    expect(outcome.peakDatabaseBytes).toBeGreaterThan(0);
    expect(outcome.peakDatabaseBytes).toBeLessThan(64_000_000);
  },
  deadlineMs,
);

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChangelog } from './changelog-run.ts';

const help = `Usage: npm run test:changelog -- [options]

Compacts a changelog under load: updates of real keys (zip codes) while readers go through it over and over on both
WebSocket doors and the platform is killed with SIGKILL, then compares every key with the last update acknowledged.

Options:
  --updates N     (default 1000000)
  --keys N        (default 10000, at most 42000)
  --partitions N  (default 1)
  --kills N       (default 20)
`;

const { values } = parseArgs({
  options: {
    updates: { type: 'string', default: '1000000' },
    keys: { type: 'string', default: '10000' },
    partitions: { type: 'string', default: '1' },
    kills: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(help);
} else {
  const dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-changelog-')));
  try {
    const updates = Number(values.updates);
    const options = { updates, keys: Number(values.keys), partitions: Number(values.partitions), dataDir };
    const outcome = await runChangelog({ ...options, kills: Number(values.kills) }, (line) =>
      process.stderr.write(`${line}\n`),
    );
    const seconds = (outcome.elapsedMs / 1000).toFixed(0);
    process.stdout.write(
      `${updates} updates of ${options.keys} keys, ${outcome.kills} kills, ${seconds} s\n` +
        `  read through            ${outcome.passes} times, ${outcome.readRecords} records\n` +
        `  left after compaction   ${outcome.leftRecords} records\n` +
        `  anomalies               ${outcome.anomalies.length}\n`,
    );
    for (const anomaly of outcome.anomalies) process.stdout.write(`    ${anomaly}\n`);
    process.exitCode = outcome.anomalies.length === 0 ? 0 : 1;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

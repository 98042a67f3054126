import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runTiering, type TieringOutcome } from './tiering-run.ts';

const help = `Usage: npm run test:tiering -- [options]

Fills a topic with two gigabytes of real records (the flights of 2001, over and over), waits until they lie in the object
store, and reads them back: all of them from offset 0, then at random offsets and timestamps, compared byte for byte with
the file. Fails when a partition's database is ever 64 MB or more on disk. Needs twice the bytes of free disk.

Options:
  --bytes N       (default 2000000000)
  --partitions N  (default 2)
  --flights N     of the file's 3000000, before they begin anew; they are kept in memory (default 1000000)
  --samples N     random offsets, and as many timestamps (default 100)
  --seed N        which ones (default: the time)
`;

/** A partition's database never reaches this, whatever its topic keeps. */
const databaseBytesMax = 64_000_000;

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '2000000000' },
    partitions: { type: 'string', default: '2' },
    flights: { type: 'string', default: '1000000' },
    samples: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});

function print(outcome: TieringOutcome, seed: string): boolean {
  const { records, bytes, fillMs, moveMs, readMs, reports, peakDatabaseBytes, databaseBytes, anomalies } = outcome;
  const rate = (ms: number) => `${(ms / 1000).toFixed(1)} s, ${(bytes / 1e3 / ms).toFixed(0)} MB/s`;
  const megabytes = (count: number) => `${(count / 1e6).toFixed(1)} MB`;
  const lines = [
    `${records} flights, ${megabytes(bytes)}, in ${reports.length} partitions`,
    `  sent                       ${rate(fillMs)}`,
    `  moved                      ${(moveMs / 1000).toFixed(1)} s after that`,
    ...reports.map(
      ({ partition, localBytes, remoteBytes, segmentCount }) =>
        `  partition ${partition}                ${megabytes(remoteBytes)} in the object store, ${megabytes(localBytes)} in the database, ${segmentCount} segments`,
    ),
    `  largest database on disk   ${megabytes(databaseBytes)} in the end, ${megabytes(peakDatabaseBytes)} at most`,
    `  read from offset 0         ${rate(readMs)}`,
    `  random offsets, timestamps ${outcome.samples} each, seed ${seed}`,
    `  anomalies                  ${anomalies.length}`,
    ...anomalies.map((anomaly) => `    ${anomaly}`),
  ];
  const isBounded = peakDatabaseBytes < databaseBytesMax;
  if (!isBounded) lines.push(`  a database was larger than ${megabytes(databaseBytesMax)}`);
  process.stdout.write(`${lines.join('\n')}\n`);
  return anomalies.length === 0 && isBounded;
}

if (values.help) {
  process.stdout.write(help);
} else {
  const dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-tiering-')));
  try {
    const outcome = await runTiering(
      {
        bytes: Number(values.bytes),
        partitions: Number(values.partitions),
        flights: Number(values.flights),
        samples: Number(values.samples),
        seed: Number(values.seed),
        dataDir,
      },
      (line) => process.stderr.write(`${line}\n`),
    );
    process.exitCode = print(outcome, values.seed) ? 0 : 1;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

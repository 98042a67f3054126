import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HistoryReport } from '../../src/check/history-checker.ts';
import { type FsyncOutcome, traceFsyncOrder } from './fsync-order.ts';
import { type KillOutcome, runKillCycles } from './kill-cycles.ts';
import { help, readOptions } from './options.ts';
import { measureRestarts, type RestartOutcome } from './restart-latency.ts';
import type { AnomalyKind, RunLog } from './run-log.ts';
import type { TopicLoad } from './topic-load.ts';

/** Progress goes to stderr, so that stdout holds the figures and the verdict. */
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === null) {
    process.stdout.write(help);
    return 0;
  }
  const dataDir = realpathSync(options.dataDir ?? mkdtempSync(join(tmpdir(), 'millrace-durability-')));
  try {
    let isSound = true;
    if (options.cycles > 0) isSound = printKills(await runKillCycles(join(dataDir, 'kills'), options, say));
    if (options.restarts > 0) printRestarts(await measureRestarts(join(dataDir, 'restarts'), options, say));
    if (options.tracedAppends > 0) {
      const traced = await traceFsyncOrder(join(dataDir, 'traced'), options.tracedAppends);
      isSound = printTrace(traced) && isSound;
    }
    return isSound ? 0 : 1;
  } finally {
    if (options.dataDir === null) rmSync(dataDir, { recursive: true, force: true });
  }
}

/** What must not happen to a consumer group, and to a share group. */
const crewKinds: readonly (readonly AnomalyKind[])[] = [
  ['never-handed-out', 'handed-out-again', 'commit-moved-back', 'commit-beyond-end'],
  ['undecided', 'decided-twice', 'letter-missing', 'letter-twice', 'letter-unfounded', 'miscounted'],
];

function printKills(outcome: KillOutcome): boolean {
  const { loads, cycles, startsMs, firstAcksMs, freezes, history, troubles } = outcome;
  const total = (of: (load: TopicLoad) => number): number => loads.reduce((sum, load) => sum + of(load), 0);
  const count = (of: keyof RunLog['counts']): number => total(({ log }) => log.counts[of]);
  const records = total(({ log }) => log.acks.length);
  const kept = total(({ storedRecords }) => storedRecords);
  print(`${cycles} kills in ${(outcome.elapsedMs / 1000).toFixed(0)} s, ${freezes} of them after a freeze`);
  print(`  requests acknowledged      ${count('requests')} (${records} records; ${kept} are stored in the end)`);
  print(
    `  answers lost               ${count('unanswered')}, of which ${count('recognised')} requests had been stored`,
  );
  print(`  pages read                 ${count('pages')}`);
  print(`  records pushed             ${count('delivered')}, over ${count('connections')} connections`);
  print(`  start to ready             ${quantiles(startsMs)}`);
  print(`  ready to first ack         ${quantiles(firstAcksMs)}`);
  for (const { plan, logStarts, log, storedRecords } of loads) {
    const deleted = logStarts.some((start) => start > 0) ? `, log starts at ${logStarts.join(', ')}` : '';
    print(`  ${plan.topic.padEnd(27)}${log.acks.length} records acknowledged, ${storedRecords} stored${deleted}`);
  }
  for (const { crewFigures } of loads) if (crewFigures !== null) print(`  ${crewFigures}`);
  const kinds = ['lost', 'duplicate', 'gap', 'reordered'] as const;
  const found = (kind: AnomalyKind): number => total(({ log }) => log.anomalyCounts.get(kind) ?? 0);
  print(`  ${kinds.map((kind) => `${found(kind)} ${kind}`).join(', ')}`);
  if (!loads.every(({ crewFigures }) => crewFigures === null)) {
    for (const of of crewKinds) print(`  ${of.map((kind) => `${found(kind)} ${kind}`).join(', ')}`);
  }
  for (const { plan, log } of loads) {
    for (const [kind, times] of log.anomalyCounts) print(`  ANOMALY in ${plan.topic}, ${kind}: ${times}`);
    for (const { kind, what } of log.anomalies) print(`    ${kind}: ${what}`);
  }
  for (const trouble of troubles) print(`  ANOMALY ${trouble}`);
  const isSound = total(({ log }) => log.anomalies.length) + troubles.length === 0;
  return printHistory(history, outcome) && isSound;
}

/** The second opinion. Compaction is not in its vocabulary, so what it took is not held against the log. */
function printHistory(history: HistoryReport, { loads }: KillOutcome): boolean {
  const compacted = loads.filter(({ plan }) => plan.cleanup.compacts).map(({ plan }) => `${plan.topic}/`);
  const held = history.anomalies.filter(({ key }) => !compacted.some((prefix) => key?.startsWith(prefix) === true));
  print(`  history checker            ${history.operations} operations, ${held.length} anomalies`);
  for (const { kind, key, message } of held) print(`    ${kind} in ${key}: ${message}`);
  for (const { line, message } of history.unreadable) print(`    line ${line}: ${message}`);
  return held.length === 0 && history.unreadable.length === 0;
}

function printRestarts({ largeMs, smallMs, largeBytes }: RestartOutcome): void {
  print(`first append after a kill, from ready`);
  print(`  ${(largeBytes / 2 ** 20).toFixed(0)} MiB in the partition`.padEnd(29) + quantiles(largeMs));
  print(`  one record in it`.padEnd(29) + quantiles(smallMs));
}

function printTrace(outcome: FsyncOutcome): boolean {
  if ('unavailable' in outcome) {
    print(`order of fsync and answer: not checked, ${outcome.unavailable}`);
    return true;
  }
  print(
    `order of fsync and answer: ${outcome.answers} answers, ${outcome.anomalies.length} before their sync returned`,
  );
  for (const anomaly of outcome.anomalies) print(`  ANOMALY ${anomaly}`);
  return outcome.anomalies.length === 0;
}

function quantiles(samplesMs: readonly number[]): string {
  const sorted = samplesMs.toSorted((one, other) => one - other);
  const at = (share: number): string => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return value === undefined ? '-' : `${value.toFixed(1)} ms`;
  };
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} (${sorted.length})`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  if (!(thrown instanceof TypeError)) throw thrown;
  say(thrown.message);
  process.exitCode = 2;
}

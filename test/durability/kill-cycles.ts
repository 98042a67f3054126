import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { HistoryReport } from '../../src/check/history-checker.ts';
import { GroupCrew } from './group-crew.ts';
import { HistoryFile } from './history-file.ts';
import type { DurabilityOptions } from './options.ts';
import { PlatformGroup } from './platform-group.ts';
import type { RunLog } from './run-log.ts';
import { ShareCrew } from './share-crew.ts';
import { TopicLoad, type TopicPlan } from './topic-load.ts';

/** The platform is killed this long after it is ready: in the middle of starting to serve, and of serving. */
const killAfterMinMs = 40;
const killAfterMaxMs = 540;

/** How long a start takes on a machine with nothing else to do. Where it takes longer, lives last longer in proportion. */
const usualStartMs = 1_200;

const freezeMinMs = 100;
const freezeMaxMs = 1_500;

/** A cycle's line is printed this often. */
const reportEvery = 10;

/** What came out of the kills. */
export type KillOutcome = {
  readonly loads: readonly TopicLoad[];
  readonly history: HistoryReport;
  readonly cycles: number;
  readonly startsMs: readonly number[];
  /** From each ready line to the first request acknowledged after it, in ms. */
  readonly firstAcksMs: readonly number[];
  readonly freezes: number;
  readonly elapsedMs: number;
  /** What went wrong with the platform itself. */
  readonly troubles: readonly string[];
};

/** Kills the platform again and again under load, then reads everything and judges it. */
export async function runKillCycles(
  dataDir: string,
  options: DurabilityOptions,
  say: (line: string) => void,
): Promise<KillOutcome> {
  const startedAtMs = performance.now();
  const history = new HistoryFile(options.historyPath ?? `${dataDir}.history.jsonl`);
  await using platform = new PlatformGroup(dataDir);
  await platform.start();
  const loads: TopicLoad[] = [];
  for (const plan of plansOf(options)) loads.push(await TopicLoad.start(platform, history, plan));
  const sum = (of: (log: RunLog) => number): number => loads.reduce((total, { log }) => total + of(log), 0);
  const requests = (): number => sum((log) => log.counts.requests);
  const firstAcksMs: number[] = [];
  let freezes = 0;
  let cycles = 0;
  const isEnough = (): boolean =>
    cycles >= options.cycles &&
    (requests() >= options.acks || performance.now() - startedAtMs > options.minutes * 60_000);
  while (!isEnough()) {
    cycles += 1;
    const acksBefore = loads.map(({ log }) => log.acks.length);
    if (Math.random() < options.freezeShare) {
      freezes += 1;
      await pause(killAfterMinMs);
      await platform.freeze(freezeMinMs + Math.random() * (freezeMaxMs - freezeMinMs));
    }
    const slowness = Math.max(1, (platform.startsMs.at(-1) ?? 0) / usualStartMs);
    await pause(slowness * (killAfterMinMs + Math.random() * (killAfterMaxMs - killAfterMinMs)));
    const { readyAtMs } = platform;
    await platform.kill();
    history.add(['f', history.now(), 'kill', `cycle ${cycles}`]);
    const firsts = loads.map(({ log }, index) => log.acks[acksBefore[index]!]?.ackedAtMs ?? Number.POSITIVE_INFINITY);
    if (Math.min(...firsts) < Number.POSITIVE_INFINITY) firstAcksMs.push(Math.min(...firsts) - readyAtMs);
    if (cycles % reportEvery === 0) say(`${cycles} kills, ${requests()} requests acknowledged`);
    await platform.start();
  }
  await Promise.all(loads.map((load) => load.end()));
  const troubles = (await platform.stop()) === 0 ? [] : ['the platform did not stop cleanly after the last cycle'];
  return {
    loads,
    history: history.check(),
    cycles,
    startsMs: platform.startsMs,
    firstAcksMs,
    freezes,
    elapsedMs: performance.now() - startedAtMs,
    troubles,
  };
}

/** A segment is closed after so long even if it is not full: some in every few lives, so that there is upkeep to kill. */
const segmentMs = '1000';

/**
 * One topic that keeps everything, with most of the load, one that keeps the last of it, and one that is compacted: the
 * upkeep of all of them goes on while the platform is killed. A consumer group shares out one more, a share group another.
 */
function plansOf(options: DurabilityOptions): TopicPlan[] {
  const few = { batchWriters: 2, socketWriters: 1, clientWriters: 0, keyedWriters: 1, readers: 1, subscribers: 1 };
  const base = { 'segment.ms': segmentMs, 'retention.ms': '-1' };
  const plans: TopicPlan[] = [
    { ...options, topic: 'kept', config: { ...base, ...options.topicConfig }, cleanup: cleanupOf(options.topicConfig) },
  ];
  if (!options.onlyKept) {
    const trimmed = { ...base, 'retention.bytes': '20000' };
    const compacted = { ...base, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.1' };
    plans.push({ ...few, partitions: 1, topic: 'trimmed', config: trimmed, cleanup: cleanupOf(trimmed) });
    plans.push({ ...few, partitions: 1, topic: 'compacted', config: compacted, cleanup: cleanupOf(compacted) });
    const shared = { ...few, batchWriters: 0, keyedWriters: 0, readers: 0, subscribers: 0, config: base };
    const cleanup = cleanupOf(base);
    plans.push({ ...shared, partitions: 3, topic: 'grouped', cleanup, crew: (world) => new GroupCrew(world) });
    plans.push({ ...shared, partitions: 2, topic: 'shared', cleanup, crew: (world) => ShareCrew.start(world) });
  }
  return plans;
}

function cleanupOf(config: Readonly<Record<string, string>>) {
  const compacts = (config['cleanup.policy'] ?? '').includes('compact');
  const deletes = (config['retention.ms'] ?? '-1') !== '-1' || config['retention.bytes'] !== undefined;
  return { compacts, deletes };
}

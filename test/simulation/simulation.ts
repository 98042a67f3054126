import { checkHistory, type HistoryReport } from '../../src/check/history-checker.ts';
import { RestlessRun } from './event-queue.ts';
import { finalChecks } from './final-checks.ts';
import { startGremlin } from './gremlin.ts';
import { checkPromptness, promptMs } from './prompt-checks.ts';
import { Platform } from './simulated-platform.ts';
import { SimulatedWorld, type WorldOptions } from './simulated-world.ts';
import { startSweeper } from './sweeper.ts';
import { StorageLost, TransportError } from './transport-errors.ts';
import { focusOf, groupLoadFactor } from './workload/focus.ts';
import { groupRestMs } from './workload/group-crew.ts';
import { ShareCrew, shareRestMs } from './workload/share-crew.ts';
import { startWorkload, type Workload } from './workload/start-workload.ts';
import { TransactionCrew } from './workload/transaction-crew.ts';
import { inSealedWorld } from './world-sealing.ts';

/** Virtual time for reading dead letters. */
const lettersReadMs = 20_000;

/** Virtual time for what the last sweep woke to come to rest. */
const quietMs = 5 * 60_000;

/** Virtual time for deletions, which wait for grants to expire, and for what is retried ever more rarely. */
const restMs = 2 * 3_600_000;

/** A coordinator that has lost its alarm is woken by the sweep, which looks at each once in half an hour. */
const sweptRestMs = 45 * 60_000;

/** Where alarms are lost, for the sweep too, which looks at each partition once a day at least. */
const restWithSweepsMs = 25 * 3_600_000;

export type SimulationOutcome = {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly report: HistoryReport;
  readonly history: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  readonly events: number;
  readonly virtualMs: number;
  readonly loadMs: number;
  /** Of the whole trace: equal for equal seeds. */
  readonly digest: string;
};

/** Runs one seed: load with faults, then peace, then everything is read once more and judged. */
export function simulate(options: WorldOptions): Promise<SimulationOutcome> {
  const world = new SimulatedWorld(options);
  const onIncident = (text: string) => world.violate(`logged as an error: ${text}`);
  return inSealedWorld(async () => {
    const unhandled = (thrown: unknown) => {
      // An instance that lost its storage, or a call that failed, with nobody left to hear of it.
      if (thrown instanceof StorageLost || thrown instanceof TransportError) world.sometimes('rejection nobody heard');
      else world.violate(`unhandled: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
    };
    process.on('unhandledRejection', unhandled);
    const platform = new Platform(world);
    try {
      return await run(world, platform);
    } finally {
      process.off('unhandledRejection', unhandled);
      platform.close();
    }
  }, onIncident);
}

async function run(world: SimulatedWorld, platform: Platform): Promise<SimulationOutcome> {
  const loadMs = world.random.between(2_000, 20_000) * (focusOf(world.seed) === 'log' ? 1 : groupLoadFactor);
  try {
    await runThrough(world, platform, loadMs);
  } catch (thrown) {
    if (!(thrown instanceof RestlessRun)) throw thrown;
    world.violate(`liveness: ${thrown.message}`);
  }
  const report = checkHistory(world.history.lines);
  for (const { kind, message, lines } of report.anomalies)
    world.violate(`${kind}: ${message} (history ${lines.join()})`);
  for (const { line, message } of report.unreadable) world.violate(`history line ${line}: ${message}`);
  return outcomeOf(world, loadMs, report);
}

async function runThrough(world: SimulatedWorld, platform: Platform, loadMs: number): Promise<void> {
  const { queue } = world;
  const workload = startWorkload(platform);
  startGremlin(platform, workload, loadMs);
  await queue.runUntil(loadMs);
  world.note('the load ends');
  workload.stop();
  const mayMissAlarms = world.faults.alarmLost > 0;
  const rest = mayMissAlarms ? restWithSweepsMs : restMs;
  world.heal();
  startSweeper(platform, loadMs + rest - quietMs);
  await settleGroups(world, workload, mayMissAlarms);
  if (world.emphasis === 'deliveries') {
    await queue.runUntil(loadMs + promptMs);
    checkPromptness(world, workload);
  }
  await queue.runUntil(loadMs + rest);
  await finalChecks(platform, workload);
}

/** Without faults a group comes to rest by itself; then its members go. */
async function settleGroups({ queue }: SimulatedWorld, { crews }: Workload, mayMissAlarms: boolean): Promise<void> {
  if (crews.length === 0) return;
  for (const crew of crews) void crew.settle();
  await queue.runUntil(queue.nowMs + restOf(crews, mayMissAlarms));
  for (const crew of crews) if (crew instanceof ShareCrew) void crew.readLetters();
  await queue.runUntil(queue.nowMs + lettersReadMs);
  for (const crew of crews) crew.checkRest();
  for (const crew of crews) crew.disband();
}

/** How long everybody is left in peace before it is looked at. */
function restOf(crews: Workload['crews'], mayMissAlarms: boolean): number {
  if (crews.some((crew) => crew instanceof ShareCrew)) return shareRestMs;
  return mayMissAlarms && crews.some((crew) => crew instanceof TransactionCrew) ? sweptRestMs : groupRestMs;
}

function outcomeOf(world: SimulatedWorld, loadMs: number, report: HistoryReport): SimulationOutcome {
  const { queue } = world;
  return {
    seed: world.seed,
    violations: world.violations,
    report,
    history: world.history.lines,
    counts: world.counts,
    events: queue.eventCount,
    virtualMs: queue.nowMs,
    loadMs,
    digest: queue.trace.digest,
  };
}

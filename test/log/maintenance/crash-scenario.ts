import { CrashingPorts, type CrashPoint, crashPoints } from '../../support/crash-points.ts';
import type { PartitionHarness } from '../../support/partition-harness.ts';

/** A partition with work due, and what must hold of it. */
export type Scenario = {
  readonly harness: PartitionHarness;
  /** At every instant, seen from outside. */
  readonly holds: () => Promise<void>;
  /** In the tables, between any two transactions. */
  readonly isConsistent: () => void;
  /** When nothing is left to do. */
  readonly isFinished: () => Promise<void>;
};

/** More alarms than any scenario takes. */
const turnsMax = 200;

/** Where a run that made these calls may fail. Giving others a turn never fails by itself, but may be the last that is done. */
export function pointsOf(calls: readonly string[], kind: CrashPoint['kind']): CrashPoint[] {
  return crashPoints(calls.length, kind).filter(
    ({ at, side }) => calls[at - 1] !== 'yield' || (kind === 'crash' && side === 'before'),
  );
}

/** Whether anything is armed but the scrubber, which goes round for ever. */
function hasWorkThatEnds(harness: PartitionHarness): boolean {
  return harness.store.query("SELECT kind FROM timers WHERE kind <> 'scrubbing'").length > 0;
}

/** Everything that is due now and later, up to the end of every object's grace. */
async function finish({ harness }: Scenario, isOver = () => false): Promise<void> {
  for (let turn = 0; turn < turnsMax; turn += 1) {
    try {
      await harness.service.runDue();
    } catch {
      // The platform runs an alarm again that threw.
      await harness.alarm.armBy(harness.nowMs + 2_000);
    }
    if (isOver()) return;
    const dueMs = harness.alarm.take();
    if (dueMs === null || !hasWorkThatEnds(harness)) return;
    harness.nowMs = Math.max(harness.nowMs, dueMs);
  }
  throw new Error('maintenance does not come to an end');
}

/** Runs maintenance in an instance that fails where `point` says; answers the calls it made. */
export async function runFailing(scenario: Scenario, point: CrashPoint | null): Promise<CrashingPorts> {
  const { harness } = scenario;
  let crashing: CrashingPorts | null = null;
  const watch = async () => {
    scenario.isConsistent();
    if (crashing?.isDead === false) await scenario.holds();
  };
  harness.wrapPorts = (ports) => {
    crashing = new CrashingPorts(ports, point, watch, true);
    return crashing.ports;
  };
  harness.restart();
  await finish(scenario, () => crashing?.isDead === true);
  harness.wrapPorts = (ports) => ports;
  if (crashing === null) throw new Error('the partition was started');
  return crashing;
}

/** The calls of a run in which nothing fails. */
export async function callsWithoutFault(scenario: Scenario): Promise<string[]> {
  const { calls } = await runFailing(scenario, null);
  scenario.isConsistent();
  await scenario.isFinished();
  return calls;
}

/** A run that fails at `point`, and the next instance, which makes it good. */
export async function expectRecovery(scenario: Scenario, ...points: readonly CrashPoint[]): Promise<void> {
  for (const point of points) {
    await runFailing(scenario, point);
    scenario.isConsistent();
  }
  scenario.harness.restart();
  await scenario.holds();
  await finish(scenario);
  scenario.isConsistent();
  await scenario.holds();
  await scenario.isFinished();
}

type SegmentRow = { base_offset: number; last_offset: number | null; object_key: string | null };

export function segmentsOf(harness: PartitionHarness): SegmentRow[] {
  return harness.store.query<SegmentRow>(
    'SELECT base_offset, last_offset, object_key FROM segments ORDER BY base_offset',
  );
}

/** The tables that hold rows of segments, or of what is to become one. */
export function tablesOf(harness: PartitionHarness): string[] {
  const rows = harness.store.query<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE name LIKE 'segment\\_%' ESCAPE '\\' OR name = 'compaction_output'",
  );
  return rows.map(({ name }) => name);
}

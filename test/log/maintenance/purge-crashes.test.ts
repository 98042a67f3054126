import { describe, expect, it } from 'vitest';
import { segmentObjectKey, segmentObjectPrefix } from '../../../src/log/segment-object-key.ts';
import { CrashingPorts, type CrashPoint, crashPoints } from '../../support/crash-points.ts';
import { PartitionHarness, testRef, unwrap } from '../../support/partition-harness.ts';

const range = { baseOffset: 0, lastOffset: 9 };
const neighbour = segmentObjectKey({ ...testRef, partition: 10 }, range, 'kept');

async function put(harness: PartitionHarness, key: string): Promise<void> {
  const bytes = new TextEncoder().encode(key);
  await harness.objects.blobs.put(key, bytes, { sha256: harness.objects.sha256(bytes) });
}

/** A partition of a deleted topic, with rows and with objects, beside an object of another partition. */
async function deletedPartition(): Promise<PartitionHarness> {
  const harness = await new PartitionHarness().open({ segmentBytes: 300 });
  for (let round = 0; round < 24; round += 1) unwrap(await harness.appendValues(`value ${round} ${'.'.repeat(60)}`));
  unwrap(await harness.service.maintain(testRef, 1));
  for (let round = 0; round < 24; round += 1) unwrap(await harness.appendValues(`value ${round} ${'.'.repeat(60)}`));
  await put(harness, neighbour);
  expect(harness.objects.blobs.keys().length).toBeGreaterThan(5);
  unwrap(await harness.service.close(testRef));
  return harness;
}

/** Runs alarms as they come due; an alarm that threw is run again, as the platform does. */
async function runAlarms(harness: PartitionHarness, isOver = () => false): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    const dueMs = harness.alarm.take();
    if (dueMs === null) return;
    harness.nowMs = Math.max(harness.nowMs, dueMs);
    try {
      await harness.service.runDue();
    } catch {
      await harness.alarm.armBy(harness.nowMs + 2_000);
    }
    if (isOver()) return;
  }
  throw new Error('the purge does not come to an end');
}

async function runFailing(harness: PartitionHarness, point: CrashPoint | null): Promise<CrashingPorts> {
  let crashing: CrashingPorts | undefined;
  harness.wrapPorts = (ports) => {
    crashing = new CrashingPorts(ports, point);
    return crashing.ports;
  };
  harness.restart();
  await runAlarms(harness, () => crashing?.isDead === true);
  harness.wrapPorts = (ports) => ports;
  if (crashing === undefined) throw new Error('the partition was started');
  return crashing;
}

function expectPurged(harness: PartitionHarness): void {
  expect(harness.store.query('SELECT name FROM sqlite_master')).toEqual([]);
  expect(harness.objects.blobs.keys(), 'another partition keeps what it has').toEqual([neighbour]);
}

const { calls } = await runFailing(await deletedPartition(), null);
const name = ({ at, side }: CrashPoint) => `${side} call ${at} (${calls[at - 1]})`;

describe('the purge of a deleted partition', () => {
  it('is seen to do what is interrupted below', () => {
    expect(new Set(calls)).toEqual(new Set(['transaction', 'alarm', 'list', 'delete', 'deleteAll']));
  });

  it.each(crashPoints(calls.length, 'crash').map((point) => [name(point), point] as const))(
    '[I-8a I-8c] goes on after a crash %s, and leaves neither rows nor objects',
    async (_, point) => {
      const harness = await deletedPartition();
      const grant = harness.grant();
      expect((await runFailing(harness, point)).isDead).toBe(true);
      harness.restart();
      expect((await harness.appendValues('late')).ok).toBe(false);
      // What was under way when the object died is under way again: the platform repeats an alarm that did not end.
      if (harness.alarm.atMs === null) await harness.alarm.armBy(harness.nowMs);
      await runAlarms(harness);
      expectPurged(harness);
      expect(await harness.service.initialize(grant)).toMatchObject({ error: { code: 'GRANT_REQUIRED' } });
    },
  );

  it.each(crashPoints(calls.length, 'error').map((point) => [name(point), point] as const))(
    '[I-8c] goes on in the same instance when a call fails %s',
    async (_, point) => {
      const harness = await deletedPartition();
      await runFailing(harness, point);
      expectPurged(harness);
    },
  );

  it('[I-8c] deletes an object that lands after the store was found empty', async () => {
    const harness = await deletedPartition();
    const prefix = segmentObjectPrefix(testRef);
    const own = () => harness.objects.blobs.keys().filter((key) => key.startsWith(prefix));
    while (own().length > 0) {
      harness.nowMs = Math.max(harness.nowMs, harness.alarm.take() ?? harness.nowMs);
      await harness.service.runDue();
    }
    harness.nowMs = Math.max(harness.nowMs, harness.alarm.take() ?? harness.nowMs);
    await harness.service.runDue();
    expect(harness.store.query('SELECT state FROM jobs')).toHaveLength(1);
    await put(harness, segmentObjectKey(testRef, range, 'late'));
    await runAlarms(harness);
    expectPurged(harness);
  });
});

import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/log/record.ts';
import { PartitionHarness, testRef, unwrap } from '../support/partition-harness.ts';

/** A partition whose segments hold a few records each: a second and five records a round. */
async function filled(rounds: number, millraceTiering: 'true' | 'false'): Promise<PartitionHarness> {
  const harness = await new PartitionHarness().open({ segmentBytes: 1_000, millraceTiering });
  for (let round = 0; round < rounds; round += 1) {
    harness.nowMs += 1_000;
    unwrap(await harness.appendValues(...Array.from({ length: 5 }, () => 'x'.repeat(40))));
  }
  return harness;
}

async function timelineOf(harness: PartitionHarness, points: number) {
  return unwrap(await harness.service.describe(testRef, 1, points)).timeline;
}

describe('the timeline of a log', () => {
  it('has points at even distances, at the ends of rows, with the time of what is below them', async () => {
    const harness = await filled(40, 'false');
    const timeline = (await timelineOf(harness, 4))!;
    expect(timeline.map(({ offset }) => offset)).toEqual([50, 100, 150, 200]);
    const endMs = harness.nowMs;
    expect(timeline.map(({ timestampMs }) => endMs - timestampMs)).toEqual([30_000, 20_000, 10_000, 0]);
  });

  it('says the same of segments that were moved to objects, as near as their indexes do', async () => {
    const local = (await timelineOf(await filled(40, 'false'), 40))!;
    const harness = await filled(40, 'true');
    await harness.runAlarm();
    expect(unwrap(await harness.service.describe(testRef, 1)).remoteBytes).toBeGreaterThan(5_000);
    const tiered = (await timelineOf(harness, 40))!;
    expect(tiered.length).toBeGreaterThan(5);
    const times = new Map(local.map(({ offset, timestampMs }) => [offset, timestampMs]));
    for (const { offset, timestampMs } of tiered) expect(timestampMs).toBe(times.get(offset));
    expect(tiered.at(-1)).toEqual(local.at(-1));
  });

  it('only grows, begins where the log does, and has no more points than records', async () => {
    const harness = await filled(3, 'false');
    unwrap(await harness.service.deleteRecords(testRef, 1, 5));
    const timeline = (await timelineOf(harness, 100))!;
    expect(timeline.map(({ offset }) => offset)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect(await timelineOf(await new PartitionHarness().open(), 10)).toEqual([]);
    expect(unwrap(await harness.service.describe(testRef, 1)).timeline).toBeUndefined();
  });

  it('looks into a row that holds many of the points, so that one large batch is not flat', async () => {
    const harness = await new PartitionHarness().open();
    const times = Array.from({ length: 100 }, (_, index) => harness.nowMs - 1_000_000 + index ** 2);
    const records = times.map((timestampMs) => ({ key: null, value: null, headers: [], timestampMs }));
    unwrap(await harness.append({ batches: encodeBatch(records) }));
    const timeline = (await timelineOf(harness, 10))!;
    expect(timeline).toEqual(
      [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((offset) => ({ offset, timestampMs: times[offset - 1] })),
    );
  });
});

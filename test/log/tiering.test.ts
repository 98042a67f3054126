import { describe, expect, it } from 'vitest';
import { PartitionHarness, testRef, unwrap, valuesOf } from '../support/partition-harness.ts';

/** A partition whose segments hold a few records each. */
async function tieredPartition(): Promise<PartitionHarness> {
  return new PartitionHarness().open({ segmentBytes: 1_000, millraceTiering: 'true' });
}

async function appendRounds(harness: PartitionHarness, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    harness.nowMs += 1_000;
    unwrap(
      await harness.appendValues(
        ...Array.from({ length: 5 }, (_, index) => `value ${round}-${index} ${'x'.repeat(30)}`),
      ),
    );
  }
}

describe('tiering', () => {
  it('moves sealed segments to objects, and every record reads back the same', async () => {
    const harness = await tieredPartition();
    await appendRounds(harness, 20);
    const before = valuesOf(await harness.readAll());
    expect(before).toHaveLength(100);
    await harness.runAlarm();
    expect(harness.objects.blobs.keys().length).toBeGreaterThan(5);
    expect(unwrap(await harness.service.describe(testRef, 1)).remoteBytes).toBeGreaterThan(5_000);
    expect(valuesOf(await harness.readAll())).toEqual(before);
    expect(harness.incidents).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { PartitionHarness, testRef, unwrap, valuesOf } from '../../support/partition-harness.ts';
import { callsWithoutFault, expectRecovery, pointsOf, type Scenario, segmentsOf, tablesOf } from './crash-scenario.ts';

const day = 24 * 60 * 60 * 1000;

/** Segments in objects, in rows, and the open one; the first ones have expired, the others will. */
async function expiringPartition(): Promise<Scenario> {
  const harness = await new PartitionHarness().open({ segmentBytes: 700, retentionMs: day, millraceTiering: 'true' });
  const append = async (rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      harness.nowMs += 60_000;
      unwrap(await harness.appendValues(...[0, 1, 2].map((index) => `value ${round}-${index} ${'.'.repeat(40)}`)));
    }
  };
  await append(4);
  await harness.runAlarm();
  harness.config = { ...harness.config, millraceTiering: 'false' };
  harness.configVersion = 2;
  unwrap(await harness.service.initialize(harness.grant()));
  await harness.runAlarm();
  await append(4);
  const content = valuesOf(await harness.readAll());
  harness.nowMs = harness.startMs + day + 5 * 60_000;
  let logStart = 0;
  return {
    harness,
    holds: async () => {
      const { logStartOffset, highWatermark } = unwrap(await harness.service.describe(testRef, 2));
      expect(logStartOffset, 'I-11a the log start only grows').toBeGreaterThanOrEqual(logStart);
      logStart = logStartOffset;
      expect(highWatermark).toBe(content.length);
      expect(valuesOf(await harness.readAll(logStartOffset)), 'I-11b').toEqual(content.slice(logStartOffset));
      if (logStart > 0) {
        expect(await harness.ask({ offset: logStart - 1 })).toMatchObject({ error: { code: 'OFFSET_OUT_OF_RANGE' } });
      }
    },
    isConsistent: () => {
      const segments = segmentsOf(harness);
      const [{ log_start_offset: start } = { log_start_offset: 0 }] = harness.store.query<{ log_start_offset: number }>(
        'SELECT log_start_offset FROM partition',
      );
      expect(segments[0]?.base_offset, 'what is kept begins at the log start').toBeLessThanOrEqual(start);
      const local = segments.filter(({ object_key }) => object_key === null);
      expect(tablesOf(harness).sort()).toEqual(local.map(({ base_offset }) => `segment_${base_offset}`).sort());
      const keys = harness.objects.blobs.keys();
      for (const { object_key } of segments) if (object_key !== null) expect(keys).toContain(object_key);
    },
    isFinished: async () => {
      const { logStartOffset, localBytes } = unwrap(await harness.service.describe(testRef, 2));
      expect(logStartOffset).toBe(content.length);
      expect(localBytes).toBe(0);
      expect(segmentsOf(harness)).toHaveLength(1);
      expect(harness.objects.blobs.keys()).toEqual([]);
      expect(harness.store.query('SELECT * FROM object_tombstones')).toEqual([]);
    },
  };
}

const calls = await callsWithoutFault(await expiringPartition());

describe('retention survives a crash', () => {
  it('is seen to do what is interrupted below', () => {
    expect(calls.filter((call) => call === 'transaction').length).toBeGreaterThan(10);
    expect(calls).toContain('delete');
  });

  it.each(
    pointsOf(calls, 'crash').map(
      (point) => [`${point.side} call ${point.at} (${calls[point.at - 1]})`, point] as const,
    ),
  )('[I-11a I-11b] %s: what is kept reads the same at once, and the next instance goes on', async (_, point) =>
    expectRecovery(await expiringPartition(), point),
  );

  it.each(
    pointsOf(calls, 'error').map(
      (point) => [`${point.side} call ${point.at} (${calls[point.at - 1]})`, point] as const,
    ),
  )(
    '[I-11a I-11b] a call that fails %s, and may have taken effect, is made good by the same instance',
    async (_, point) => expectRecovery(await expiringPartition(), point),
  );
});

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

  it('leaves segments where they are when the topic says so, and moves them once it says otherwise', async () => {
    const harness = await new PartitionHarness().open({ segmentBytes: 1_000, millraceTiering: 'false' });
    const configure = async (millraceTiering: 'true' | 'false') => {
      harness.config = { ...harness.config, millraceTiering };
      harness.configVersion += 1;
      unwrap(await harness.service.initialize(harness.grant()));
      await harness.runAlarm();
    };
    await appendRounds(harness, 20);
    await harness.runAlarm();
    expect(harness.objects.blobs.keys()).toEqual([]);
    const before = valuesOf(await harness.readAll());
    await configure('true');
    const moved = harness.objects.blobs.keys();
    expect(moved.length).toBeGreaterThan(5);
    await configure('false');
    await appendRounds(harness, 20);
    await harness.runAlarm();
    expect(harness.objects.blobs.keys()).toEqual(moved);
    harness.restart();
    expect(valuesOf(await harness.readAll())).toEqual([...before, ...before]);
  });

  it('counts what is in rows and what is in objects, and tells the cluster when that changes', async () => {
    const harness = await tieredPartition();
    await appendRounds(harness, 20);
    const before = unwrap(await harness.service.describe(testRef, 1));
    expect(before.remoteBytes).toBe(0);
    await harness.runAlarm();
    const after = unwrap(await harness.service.describe(testRef, 1));
    expect(after.localBytes + after.remoteBytes).toBe(before.localBytes);
    expect(after.localBytes).toBeLessThanOrEqual(1_000);
    expect(after).toMatchObject({ segmentCount: before.segmentCount, maxTimestampMs: before.maxTimestampMs });
    expect(harness.reports.at(-1)).toEqual(after);
    harness.restart();
    expect(unwrap(await harness.service.describe(testRef, 1))).toEqual(after);
  });

  it('moves two segments a step, and sixteen when many wait', async () => {
    const harness = await tieredPartition();
    await appendRounds(harness, 70);
    const countAfterStep = async () => {
      harness.alarm.take();
      await harness.service.runDue();
      return harness.objects.blobs.keys().length;
    };
    const { segmentCount } = unwrap(await harness.service.describe(testRef, 1));
    expect(segmentCount).toBeGreaterThan(20);
    expect(await countAfterStep()).toBe(16);
    const rest = segmentCount - 1 - 16;
    expect(await countAfterStep()).toBe(16 + Math.min(rest, rest > 3 ? 16 : 2));
  });

  it('waits for an object store that is away, without holding up appends, and goes on by itself', async () => {
    const harness = await tieredPartition();
    const { blobs } = harness.objects;
    const { put } = blobs;
    blobs.put = async () => {
      throw new Error('the store is away');
    };
    await appendRounds(harness, 10);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await harness.runAlarm();
      harness.nowMs += 600_000;
      unwrap(await harness.appendValues('meanwhile'));
    }
    expect(harness.incidents.length).toBeGreaterThanOrEqual(4);
    expect(harness.incidents[0]).toMatchObject({
      event: 'partition-tiering-failed',
      failure: { code: 'KAFKA_STORAGE_ERROR' },
    });
    const before = valuesOf(await harness.readAll());
    blobs.put = put;
    await harness.runAlarm();
    expect(blobs.keys().length).toBeGreaterThan(2);
    harness.restart();
    expect(valuesOf(await harness.readAll())).toEqual(before);
  });

  it('[I-8c] leaves no object behind when the topic is deleted while one is put', async () => {
    const harness = await tieredPartition();
    await appendRounds(harness, 10);
    const { blobs } = harness.objects;
    const put = blobs.put.bind(blobs);
    blobs.put = async (...args) => {
      unwrap(await harness.service.close(testRef));
      return put(...args);
    };
    await harness.runAlarm();
    blobs.put = put;
    for (let turn = 0; turn < 50 && harness.alarm.atMs !== null; turn += 1) {
      harness.nowMs = Math.max(harness.nowMs, harness.alarm.take() ?? 0);
      await harness.service.runDue();
    }
    expect(blobs.keys()).toEqual([]);
    expect(harness.store.query('SELECT name FROM sqlite_master')).toEqual([]);
    expect(harness.incidents).toEqual([]);
  });

  it('[I-6d] buries the object of a segment that is dropped while it is put', async () => {
    const harness = await tieredPartition();
    await appendRounds(harness, 10);
    const { blobs } = harness.objects;
    const put = blobs.put.bind(blobs);
    let dropped = 0;
    blobs.put = async (...args) => {
      const outcome = await put(...args);
      const [oldest] = harness.store.query<{ base_offset: number }>(
        'SELECT base_offset FROM segments ORDER BY base_offset LIMIT 1',
      );
      if (dropped > 0 || oldest === undefined) return outcome;
      dropped += 1;
      harness.store.run(`DROP TABLE segment_${oldest.base_offset}`);
      harness.store.run('DELETE FROM segments WHERE base_offset = ?', oldest.base_offset);
      return outcome;
    };
    const rest = valuesOf(await harness.readAll());
    await harness.runAlarm();
    harness.restart();
    harness.nowMs += 60_000;
    await harness.runAlarm();
    const buried = harness.store.query<{ object_key: string }>('SELECT object_key FROM object_tombstones');
    expect(buried).toHaveLength(1);
    const referred = harness.store.query<{ object_key: string }>(
      'SELECT object_key FROM segments WHERE object_key IS NOT NULL',
    );
    expect(blobs.keys()).toEqual([...buried, ...referred].map(({ object_key }) => object_key).sort());
    const kept = unwrap(await harness.service.describe(testRef, 1)).segmentCount;
    expect(kept).toBeGreaterThan(2);
    expect(rest.length).toBe(50);
  });
});

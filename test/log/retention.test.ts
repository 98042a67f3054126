import { describe, expect, it } from 'vitest';
import { objectGraceMs } from '../../src/log/maintenance/object-tombstones.ts';
import { encodeBatch } from '../../src/log/record.ts';
import type { TopicConfig } from '../../src/topics/topic-config.ts';
import { newRecord, PartitionHarness, testRef, unwrap, valuesOf } from '../support/partition-harness.ts';

const day = 24 * 60 * 60 * 1000;

/** A partition whose segments hold a few records each. */
function partitionWith(config: Partial<TopicConfig>): Promise<PartitionHarness> {
  return new PartitionHarness().open({ segmentBytes: 600, millraceTiering: 'false', ...config });
}

/** Five records a flush, a flush a segment, a minute between them. */
async function appendSegments(harness: PartitionHarness, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    harness.nowMs += 60_000;
    const values = Array.from({ length: 5 }, (_, record) => `value ${index}-${record} ${'x'.repeat(60)}`);
    unwrap(await harness.appendValues(...values));
  }
}

async function describeLog(harness: PartitionHarness) {
  return unwrap(await harness.service.describe(testRef, harness.configVersion));
}

describe('retention.ms', () => {
  it('[I-11a] drops segments one by one at the moment they expire, the open one too, and keeps the end of the log', async () => {
    const harness = await partitionWith({ retentionMs: day });
    await appendSegments(harness, 4);
    await harness.runAlarm();
    expect(await describeLog(harness)).toMatchObject({ logStartOffset: 0, highWatermark: 20, segmentCount: 4 });
    for (const [dropped, logStartOffset] of [5, 10, 15, 20].entries()) {
      harness.nowMs = harness.startMs + (dropped + 1) * 60_000 + day;
      await harness.runAlarm();
      expect((await describeLog(harness)).logStartOffset).toBe(dropped * 5);
      harness.nowMs += 1;
      expect(harness.alarm.atMs).toBe(harness.nowMs);
      await harness.runAlarm();
      expect((await describeLog(harness)).logStartOffset).toBe(logStartOffset);
    }
    expect(await describeLog(harness)).toMatchObject({ highWatermark: 20, localBytes: 0, segmentCount: 1 });
    expect(await harness.readAll(20)).toEqual([]);
    harness.restart();
    expect(await describeLog(harness)).toMatchObject({ logStartOffset: 20, highWatermark: 20 });
    const reply = unwrap(await harness.appendValues('after'));
    expect(reply).toMatchObject({ logStartOffset: 20, ranges: [{ baseOffset: 20 }] });
    expect(valuesOf(await harness.readAll(20))).toEqual(['after']);
  });

  it('says OFFSET_OUT_OF_RANGE with the valid range below the new start', async () => {
    const harness = await partitionWith({ retentionMs: day });
    await appendSegments(harness, 3);
    harness.nowMs += day - 60_000 + 1;
    await harness.runAlarm();
    expect(await harness.read({ offset: 9 })).toMatchObject({
      ok: false,
      error: { code: 'OFFSET_OUT_OF_RANGE', detail: { offset: 9, log_start_offset: 10, high_watermark: 15 } },
    });
    expect(valuesOf(await harness.readAll(10))).toHaveLength(5);
    expect(unwrap(await harness.read('earliest')).startOffset).toBe(10);
    expect(unwrap(await harness.read({ timestampMs: 0 })).startOffset).toBe(10);
  });

  it('is not blocked by timestamps in the far future, even when nobody remembers when they came', async () => {
    const harness = await partitionWith({ retentionMs: day, messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER });
    const future = harness.nowMs + 1_000 * 365 * day;
    unwrap(await harness.append({ batches: encodeBatch([newRecord('from the future', future)]) }));
    harness.restart();
    harness.nowMs += day + 1;
    await harness.runAlarm();
    // The restart took the time of the append with it: it counts as appended when retention first looked.
    expect((await describeLog(harness)).logStartOffset).toBe(0);
    for (let restarts = 0; restarts < 3; restarts += 1) {
      harness.restart();
      await harness.runAlarm();
    }
    harness.nowMs += day + 1;
    await harness.runAlarm();
    expect((await describeLog(harness)).logStartOffset).toBe(1);
  });

  it('knows the time of an append as long as the object lives, and of a sealed segment for good', async () => {
    const harness = await partitionWith({ retentionMs: day, messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER });
    const future = harness.nowMs + 1_000 * 365 * day;
    const batch = () => encodeBatch([newRecord('x'.repeat(500), future)]);
    unwrap(await harness.append({ batches: batch() }));
    harness.nowMs += 60_000;
    unwrap(await harness.append({ batches: batch() }));
    harness.nowMs += day - 60_000 + 1;
    await harness.runAlarm();
    expect((await describeLog(harness)).logStartOffset).toBe(1);
    harness.nowMs += 60_000;
    await harness.runAlarm();
    expect((await describeLog(harness)).logStartOffset).toBe(2);
  });

  it('keeps records that are old when they come for a minute, so that they do not go flush by flush', async () => {
    const harness = await partitionWith({ retentionMs: day });
    const old = harness.nowMs - 400 * day;
    for (let index = 0; index < 5; index += 1) {
      unwrap(await harness.append({ batches: encodeBatch([newRecord(`old ${index}`, old)]) }));
      await harness.runAlarm();
      harness.nowMs += 1_000;
    }
    expect((await describeLog(harness)).logStartOffset).toBe(0);
    harness.nowMs += 60_000;
    await harness.runAlarm();
    expect(await describeLog(harness)).toMatchObject({ logStartOffset: 5, highWatermark: 5 });
  });

  it('takes up a shorter retention when the config changes, and keeps forever when it is -1', async () => {
    const harness = await partitionWith({ retentionMs: -1 });
    await appendSegments(harness, 4);
    harness.nowMs += 1_000 * day;
    await harness.runAlarm();
    expect((await describeLog(harness)).logStartOffset).toBe(0);
    harness.config = { ...harness.config, retentionMs: 1_000 };
    harness.configVersion = 2;
    unwrap(await harness.service.initialize(harness.grant()));
    await harness.runAlarm();
    expect((await describeLog(harness)).logStartOffset).toBe(20);
  });
});

describe('retention.bytes', () => {
  it('[I-11c] keeps at least so many bytes, and less than a segment more', async () => {
    const harness = await partitionWith({ retentionMs: -1, retentionBytes: 1_500 });
    await appendSegments(harness, 20);
    await harness.runAlarm();
    const { localBytes, logStartOffset, segmentCount } = await describeLog(harness);
    expect(localBytes).toBeGreaterThanOrEqual(1_500);
    expect(localBytes).toBeLessThan(1_500 + localBytes / segmentCount);
    expect(logStartOffset).toBeGreaterThan(50);
    expect(valuesOf(await harness.readAll(logStartOffset))).toHaveLength(100 - logStartOffset);
  });

  it('counts and drops tiered segments, whose objects stay for a day', async () => {
    const harness = await partitionWith({ retentionMs: -1, retentionBytes: 1_500, millraceTiering: 'true' });
    await appendSegments(harness, 3);
    await harness.runAlarm();
    const objects = harness.objects.blobs.keys();
    expect(objects).toHaveLength(2);
    await appendSegments(harness, 10);
    await harness.runAlarm();
    const { remoteBytes, localBytes, logStartOffset } = await describeLog(harness);
    expect(remoteBytes + localBytes).toBeLessThan(2_500);
    expect(logStartOffset).toBeGreaterThan(10);
    expect(harness.objects.blobs.keys()).toEqual(expect.arrayContaining(objects));
    harness.nowMs += objectGraceMs;
    await harness.runAlarm();
    expect(harness.objects.blobs.keys()).not.toEqual(expect.arrayContaining([objects[0]]));
    expect(valuesOf(await harness.readAll(logStartOffset))).toHaveLength(65 - logStartOffset);
    expect(harness.incidents).toEqual([]);
  });
});

describe('cleanup.policy compact', () => {
  it('drops nothing, however old and large', async () => {
    const harness = await partitionWith({ cleanupPolicy: 'compact', retentionMs: 1, retentionBytes: 1 });
    for (let index = 0; index < 10; index += 1) {
      unwrap(
        await harness.append({ batches: encodeBatch([newRecord('x'.repeat(400), harness.nowMs, `key ${index}`)]) }),
      );
    }
    harness.nowMs += 400 * day;
    await harness.runAlarm();
    expect(await describeLog(harness)).toMatchObject({ logStartOffset: 0, highWatermark: 10 });
    expect(await harness.readAll()).toHaveLength(10);
  });
});

describe('DeleteRecords', () => {
  const deleteRecords = (harness: PartitionHarness, before: number | 'latest') =>
    harness.service.deleteRecords(testRef, harness.configVersion, before);

  it('moves the log start at once, to any offset, and frees what lies wholly below it', async () => {
    const harness = await partitionWith({});
    await appendSegments(harness, 4);
    expect(unwrap(await deleteRecords(harness, 7))).toEqual({ logStartOffset: 7 });
    expect(await harness.read({ offset: 6 })).toMatchObject({ error: { code: 'OFFSET_OUT_OF_RANGE' } });
    expect(valuesOf(await harness.readAll(7))).toHaveLength(13);
    await harness.runAlarm();
    expect(await describeLog(harness)).toMatchObject({ logStartOffset: 7, segmentCount: 3 });
    harness.restart();
    expect(valuesOf(await harness.readAll(7))).toHaveLength(13);
    expect(unwrap(await deleteRecords(harness, 3))).toEqual({ logStartOffset: 7 });
  });

  it('of everything leaves an empty log that goes on where it ended', async () => {
    const harness = await partitionWith({});
    await appendSegments(harness, 2);
    expect(unwrap(await deleteRecords(harness, 'latest'))).toEqual({ logStartOffset: 10 });
    await harness.runAlarm();
    expect(await describeLog(harness)).toMatchObject({ logStartOffset: 10, highWatermark: 10, localBytes: 0 });
    harness.restart();
    expect(unwrap(await harness.appendValues('next')).ranges).toMatchObject([{ baseOffset: 10 }]);
  });

  it('is refused above the high watermark, and where nothing is deleted', async () => {
    const harness = await partitionWith({});
    await appendSegments(harness, 1);
    for (const before of [6, -1]) {
      expect(await deleteRecords(harness, before)).toMatchObject({ error: { code: 'OFFSET_OUT_OF_RANGE' } });
    }
    const compacted = await partitionWith({ cleanupPolicy: 'compact' });
    expect(await deleteRecords(compacted, 0)).toMatchObject({ error: { code: 'POLICY_VIOLATION' } });
    const both = await partitionWith({ cleanupPolicy: 'compact,delete' });
    expect(unwrap(await deleteRecords(both, 'latest'))).toEqual({ logStartOffset: 0 });
  });
});

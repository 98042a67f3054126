import { describe, expect, test } from 'vitest';
import { encodeBatch } from '../../src/log/record.ts';
import { looseValues, newRecord, PartitionHarness, recordsOf, unwrap, valuesOf } from '../support/partition-harness.ts';

async function filled(count: number, config: Parameters<PartitionHarness['open']>[0] = {}): Promise<PartitionHarness> {
  const partition = await new PartitionHarness().open(config);
  for (let offset = 0; offset < count; offset += 1) {
    unwrap(await partition.append({ looseRecords: looseValues(1_000 + 10 * offset, `v${offset}`) }));
  }
  return partition;
}

describe('reading', () => {
  test('begins at any offset, also within a batch, and ends at the high watermark', async () => {
    const partition = await new PartitionHarness().open();
    unwrap(await partition.append({ batches: encodeBatch(['a', 'b', 'c'].map((value) => newRecord(value))) }));
    unwrap(await partition.appendValues('d'));
    const middle = unwrap(await partition.read({ offset: 1 }));
    expect(middle).toMatchObject({ startOffset: 1, nextOffset: 4, highWatermark: 4, logStartOffset: 0 });
    expect(recordsOf(middle.batches)[0]?.offset).toBe(0);
    expect(unwrap(await partition.read({ offset: 4 }))).toMatchObject({ nextOffset: 4, batches: new Uint8Array() });
  });

  test('an offset beyond the end is refused with the valid range', async () => {
    const partition = await filled(3);
    expect(await partition.read({ offset: 4 })).toMatchObject({
      ok: false,
      error: { code: 'OFFSET_OUT_OF_RANGE', detail: { offset: 4, log_start_offset: 0, high_watermark: 3 } },
    });
  });

  test('max_bytes bounds an answer, but the first batch always comes', async () => {
    const partition = await filled(50);
    const one = unwrap(await partition.read('earliest', 1));
    expect(one.nextOffset).toBe(1);
    const some = unwrap(await partition.read('earliest', one.batches.length * 3));
    expect(some.nextOffset).toBe(3);
    expect(valuesOf(await partition.readAll(0, 200))).toHaveLength(50);
  });

  test('a timestamp finds the first record that reaches it, within batches too', async () => {
    const partition = await filled(5);
    unwrap(await partition.append({ batches: encodeBatch([newRecord('x', 2_000), newRecord('y', 2_010)]) }));
    const startOf = async (timestampMs: number) => unwrap(await partition.read({ timestampMs })).startOffset;
    expect(await startOf(0)).toBe(0);
    expect(await startOf(1_015)).toBe(2);
    expect(await startOf(2_005)).toBe(6);
    expect(await startOf(3_000)).toBe(7);
  });

  test('a timestamp finds its record although producers sent times out of order', async () => {
    const partition = await new PartitionHarness().open();
    for (const timestampMs of [100, 500, 200, 300, 900]) {
      unwrap(await partition.append({ looseRecords: looseValues(timestampMs, 'v') }));
    }
    expect(unwrap(await partition.read({ timestampMs: 250 })).startOffset).toBe(1);
    expect(unwrap(await partition.read({ timestampMs: 600 })).startOffset).toBe(4);
  });
});

describe('segments', () => {
  test('roll by segment.bytes, and reads cross their borders', async () => {
    const partition = await filled(60, { segmentBytes: 1_000 });
    partition.restart();
    const description = unwrap(await partition.service.describe(partition.grant().ref, 1));
    expect(description.segmentCount).toBeGreaterThan(3);
    expect(valuesOf(await partition.readAll())).toEqual(Array.from({ length: 60 }, (_, offset) => `v${offset}`));
    expect(valuesOf(await partition.readAll(31, 100))[0]).toBe('v31');
    expect(unwrap(await partition.read({ timestampMs: 1_305 })).startOffset).toBe(31);
  });

  test('roll by segment.ms', async () => {
    const partition = await filled(1, { segmentMs: 1_000 });
    partition.nowMs += 1_001;
    unwrap(await partition.appendValues('later'));
    expect(unwrap(await partition.service.describe(partition.grant().ref, 1)).segmentCount).toBe(2);
  });

  test('sizes and times survive a restart', async () => {
    const partition = await filled(40, { segmentBytes: 1_000 });
    const before = unwrap(await partition.service.describe(partition.grant().ref, 1));
    partition.restart();
    expect(unwrap(await partition.service.describe(partition.grant().ref, 1))).toEqual(before);
    expect(before).toMatchObject({ highWatermark: 40, maxTimestampMs: 1_390 });
  });

  test('a request larger than a row is stored over several rows, whole', async () => {
    const partition = await new PartitionHarness().open({ maxMessageBytes: 1_900_000 });
    const batches = [1, 2, 3].map((n) => encodeBatch([newRecord(String(n).repeat(1_000_000))]));
    unwrap(await partition.append({ batches: new Uint8Array(Buffer.concat(batches)) }));
    expect(partition.rowCount()).toBe(3);
    expect((await partition.readAll()).map(({ value }) => value?.length)).toEqual([1_000_000, 1_000_000, 1_000_000]);
  });
});

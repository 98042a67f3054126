import { describe, expect, it } from 'vitest';
import { LooseRecordWriter } from '../../src/log/loose-records.ts';
import { encodeBatch } from '../../src/log/record.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { inPartition, rowsWritten } from './own-partition.ts';

function loose(count: number, valueBytes = 100): Uint8Array {
  const writer = new LooseRecordWriter();
  for (let index = 0; index < count; index += 1) writer.append(-1, null, new Uint8Array(valueBytes).fill(index));
  return writer.take();
}

function records(count: number, valueBytes: number) {
  return Array.from({ length: count }, (_, index) => ({
    timestampMs: 1_790_000_000_000 + index,
    key: null,
    value: new Uint8Array(valueBytes).fill(index),
    headers: [],
  }));
}

/** The first row of a partition comes with the timer of its retention. */
const firstRow = 1;

describe('what the partition writes', () => {
  it('is one row a flush, however many requests share it', () =>
    inPartition(async ({ store, append }) => {
      const together = () => Promise.all(Array.from({ length: 64 }, () => append({ looseRecords: loose(1) })));
      const written = await rowsWritten(store, async () => {
        await together();
      });
      const [{ flushes } = { flushes: 0 }] = store.query<{ flushes: number }>(
        'SELECT count(*) AS flushes FROM segment_0',
      );
      expect(written).toBe(flushes + firstRow);
      expect(flushes).toBeLessThan(64);
    }));

  it('is one row more for each producer whose state changed, and for each new Idempotency-Key', () =>
    inPartition(async ({ store, append }) => {
      const batch = encodeBatch(records(10, 100), { producerId: 1, producerEpoch: 0, baseSequence: 0 });
      expect(await rowsWritten(store, () => append({ batches: batch.slice() }))).toBe(2 + firstRow);
      expect(await rowsWritten(store, () => append({ batches: batch.slice() }))).toBe(0);
      const idempotency = { keyHash: 'k', bodyHash: 'b', requestedAtMs: systemClock.nowMs() };
      expect(await rowsWritten(store, () => append({ looseRecords: loose(1), idempotency }))).toBe(2);
    }));

  it('is told to each request in parts, which together are all rows that were written', () =>
    inPartition(async ({ store, append }) => {
      const batch = encodeBatch(records(10, 100), { producerId: 1, producerEpoch: 0, baseSequence: 0 });
      let told = 0;
      const written = await rowsWritten(store, async () => {
        const lone = await append({ looseRecords: loose(1), tellsRows: true });
        expect(lone.rowsWritten).toBe(1 + firstRow);
        const others = Array.from({ length: 64 }, () => append({ looseRecords: loose(1), tellsRows: true }));
        const replies = await Promise.all([...others, append({ batches: batch, tellsRows: true })]);
        told = [lone, ...replies].reduce((sum, reply) => sum + (reply.rowsWritten ?? 0), 0);
      });
      expect(told).toBeCloseTo(written, 6);
      expect(await append({ looseRecords: loose(1) })).not.toHaveProperty('rowsWritten');
    }));

  it('is at most 1,100 rows a million records of 100 bytes in batches of 1,000', () =>
    inPartition(async ({ store, append }) => {
      const batch = encodeBatch(records(1_000, 100));
      const batchCount = 300;
      const written = await rowsWritten(store, async () => {
        for (let sent = 0; sent < batchCount; sent += 1) await append({ batches: batch.slice() });
      });
      const [{ segments } = { segments: 0 }] = store.query<{ segments: number }>(
        'SELECT count(*) AS segments FROM segments',
      );
      expect(segments).toBeGreaterThan(1);
      // A segment that rolls writes four rows, and the first one the timers that have it moved to an object and checked.
      expect(written).toBe(batchCount + firstRow + 4 * (segments - 1) + 2);
      expect((written / (batchCount * 1_000)) * 1_000_000).toBeLessThanOrEqual(1_100);
    }));

  it('takes at most 118 bytes on disk a record of 100 bytes, at two batches of 100 a row', () =>
    inPartition(async ({ store, append }) => {
      const batch = encodeBatch(records(100, 100));
      const pair = new Uint8Array(batch.length * 2);
      pair.set(batch);
      pair.set(batch, batch.length);
      const before = store.sizeBytes();
      const rows = 400;
      for (let sent = 0; sent < rows; sent += 1) await append({ batches: pair.slice() });
      expect((store.sizeBytes() - before) / (rows * 200)).toBeLessThanOrEqual(118);
    }));
});

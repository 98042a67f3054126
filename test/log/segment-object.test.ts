import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/log/record.ts';
import { patchBatch } from '../../src/log/record-batch.ts';
import { indexEntryBytes, SegmentIndex, SegmentIndexWriter } from '../../src/log/segment-index.ts';
import {
  parseSegmentFooter,
  SegmentObjectBuilder,
  segmentTrailerBytes,
  verifySegmentObject,
} from '../../src/log/segment-object.ts';
import { segmentObjectKey, segmentObjectPrefix } from '../../src/log/segment-object-key.ts';
import { unwrap } from '../support/partition-harness.ts';

type Shape = {
  readonly records: number;
  readonly valueBytes: number;
  readonly gap: number;
  readonly timestampMs: number;
};

const shapes: fc.Arbitrary<Shape[]> = fc.array(
  fc.record({
    records: fc.integer({ min: 1, max: 5 }),
    valueBytes: fc.oneof(fc.nat(100), fc.integer({ min: 10_000, max: 90_000 })),
    gap: fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, { arbitrary: fc.nat(20), weight: 1 }),
    timestampMs: fc.integer({ min: 0, max: 10_000 }),
  }),
  { minLength: 1, maxLength: 12 },
);

type Placed = {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestampMs: number;
  readonly bytes: Uint8Array;
};

/** Batches at ascending offsets from 100 on, with the gaps that compaction leaves. */
function place(all: readonly Shape[]): Placed[] {
  let next = 100;
  return all.map(({ records, valueBytes, gap, timestampMs }) => {
    const baseOffset = next + gap;
    next = baseOffset + records;
    const bytes = encodeBatch(
      Array.from({ length: records }, (_, index) => ({
        timestampMs: timestampMs + index,
        key: null,
        value: new Uint8Array(Math.ceil(valueBytes / records)).fill(index + 1),
        headers: [],
      })),
    );
    patchBatch(bytes, 0, baseOffset, 0);
    return { baseOffset, lastOffset: next - 1, maxTimestampMs: timestampMs + records - 1, bytes };
  });
}

function build(placed: readonly Placed[]) {
  const lastOffset = placed.at(-1)?.lastOffset ?? 100;
  const sizeBytes = placed.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const builder = new SegmentObjectBuilder({ baseOffset: 100, lastOffset }, sizeBytes);
  for (const { bytes } of placed) unwrap(builder.append(bytes));
  return { ...builder.finish(), sizeBytes, lastOffset };
}

const shape: Shape = { records: 3, valueBytes: 300, gap: 0, timestampMs: 5 };

describe('a segment object', () => {
  it('holds its batches byte for byte, and says what it is', () => {
    fc.assert(
      fc.property(shapes, (all) => {
        const placed = place(all);
        const { bytes, footer, sizeBytes, lastOffset } = build(placed);
        expect(Buffer.compare(bytes.subarray(0, sizeBytes), Buffer.concat(placed.map((each) => each.bytes)))).toBe(0);
        const maxTimestampMs = Math.max(...placed.map((each) => each.maxTimestampMs));
        expect(footer).toMatchObject({
          baseOffset: 100,
          lastOffset,
          maxTimestampMs,
          batchCount: placed.length,
          dataBytes: sizeBytes,
        });
        expect(unwrap(verifySegmentObject(bytes))).toEqual(footer);
        const tail = bytes.subarray(sizeBytes);
        expect(unwrap(parseSegmentFooter(tail, bytes.length))).toEqual(footer);
      }),
      { numRuns: 50 },
    );
  });

  it('is found out whichever byte of it decays', () => {
    const { bytes } = build(place([shape, { ...shape, timestampMs: 9 }]));
    for (let at = 0; at < bytes.length; at += 1) {
      const decayed = bytes.slice();
      decayed[at] = (decayed[at] ?? 0) ^ 0x10;
      expect(verifySegmentObject(decayed), `byte ${at}`).toMatchObject({
        ok: false,
        error: { code: 'KAFKA_STORAGE_ERROR' },
      });
    }
  });

  it('is found out when any of its end is missing', () => {
    const { bytes } = build(place([shape]));
    for (let length = 0; length < bytes.length; length += 1) {
      expect(verifySegmentObject(bytes.subarray(0, length)).ok, `${length} bytes`).toBe(false);
    }
  });

  it('is not made of a damaged batch, of batches out of order, or of more than its range', () => {
    const [first, second] = place([shape, shape]) as [Placed, Placed];
    const damaged = first.bytes.slice();
    damaged[80] = (damaged[80] ?? 0) ^ 1;
    const builder = () => new SegmentObjectBuilder({ baseOffset: 100, lastOffset: 105 }, first.bytes.length * 2);
    expect(builder().append(damaged)).toMatchObject({
      error: { code: 'KAFKA_STORAGE_ERROR', detail: { offset: 100 } },
    });
    expect(builder().append(first.bytes.subarray(0, first.bytes.length - 1))).toMatchObject({ ok: false });
    const reversed = builder();
    unwrap(reversed.append(second.bytes));
    expect(reversed.append(first.bytes)).toMatchObject({ error: { code: 'KAFKA_STORAGE_ERROR' } });
    const narrow = new SegmentObjectBuilder({ baseOffset: 100, lastOffset: 101 }, first.bytes.length);
    expect(narrow.append(first.bytes)).toMatchObject({ error: { code: 'KAFKA_STORAGE_ERROR' } });
  });
});

describe('its index', () => {
  it('leads to the batch of every offset, and to the first that reaches a timestamp', () => {
    fc.assert(
      fc.property(shapes, (all) => {
        const placed = place(all);
        const { footer, sizeBytes } = build(placed);
        const index = new SegmentIndex(footer.index, sizeBytes);
        let at = 0;
        let newest = -1;
        for (const { baseOffset, lastOffset, maxTimestampMs, bytes } of placed) {
          for (const offset of [baseOffset, lastOffset]) {
            const entry = index.entryAt(offset);
            expect(index.position(entry)).toBeLessThanOrEqual(at);
            expect(index.position(entry + 1)).toBeGreaterThan(at);
          }
          if (maxTimestampMs > newest) {
            const entry = index.entryReaching(maxTimestampMs);
            expect(index.position(entry)).toBeLessThanOrEqual(at);
            expect(index.position(entry + 1)).toBeGreaterThan(at);
            newest = maxTimestampMs;
          }
          at += bytes.length;
        }
        expect(index.entryReaching(newest + 1)).toBe(index.count);
      }),
      { numRuns: 100 },
    );
  });

  it('divides the segment into stretches of about the size that is wanted, without a gap or an overlap', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 61, max: 200_000 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 600_000 }),
        (sizes, maxBytes) => {
          const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
          const writer = new SegmentIndexWriter(sizeBytes);
          let position = 0;
          sizes.forEach((size, offset) => {
            writer.add(position, offset, offset);
            position += size;
          });
          const index = new SegmentIndex(writer.take(new Uint8Array(sizeBytes)), sizeBytes);
          let end = 0;
          while (end < sizeBytes) {
            const entry = index.entryFrom(end);
            const stretch = index.stretchFrom(entry, maxBytes);
            expect(stretch.start).toBe(end);
            expect(stretch.end).toBeGreaterThan(end);
            const isOneEntry = stretch.end === index.position(entry + 1);
            expect(isOneEntry || stretch.end - stretch.start <= maxBytes).toBe(true);
            const following = index.entryFrom(stretch.end);
            const wouldFit = following < index.count && index.position(following + 1) - stretch.start <= maxBytes;
            expect(wouldFit).toBe(false);
            end = stretch.end;
          }
          expect(end).toBe(sizeBytes);
        },
      ),
    );
  });

  it('has an entry about every 64 KiB, so 8 MiB take a few kilobytes', () => {
    const writer = new SegmentIndexWriter(8 * 1024 * 1024);
    for (let position = 0; position < 8 * 1024 * 1024; position += 1_000) writer.add(position, position, position);
    const bytes = writer.take(new Uint8Array(8 * 1024 * 1024)).length;
    expect(bytes / indexEntryBytes).toBeGreaterThan(120);
    expect(bytes + segmentTrailerBytes).toBeLessThan(3_500);
  });
});

describe('its key', () => {
  const ref = { orgId: 'org', clusterId: 'cluster', topicId: 'topic', partition: 7 };

  it('sorts as the offsets do, under a prefix that no other partition has', () => {
    expect(segmentObjectKey(ref, { baseOffset: 5, lastOffset: 1_234 }, 'id')).toBe(
      'cluster/topic/7/00000000000000000005-00000000000000001234-id.segment',
    );
    const id = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
    const refs = fc.record({ orgId: id, clusterId: id, topicId: id, partition: fc.nat(1_000) });
    fc.assert(
      fc.property(refs, refs, (one, other) => {
        const isSame =
          one.clusterId === other.clusterId && one.topicId === other.topicId && one.partition === other.partition;
        expect(segmentObjectPrefix(one).startsWith(segmentObjectPrefix(other))).toBe(isSame);
      }),
    );
    expect(() => segmentObjectPrefix({ ...ref, topicId: 'a/b' })).toThrow('slash');
  });
});

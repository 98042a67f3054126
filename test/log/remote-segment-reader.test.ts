import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/log/record.ts';
import { patchBatch } from '../../src/log/record-batch.ts';
import { objectMissing, RemoteSegmentReader } from '../../src/log/remote-segment-reader.ts';
import type { RemoteSegment } from '../../src/log/remote-segments.ts';
import { SegmentObjectBuilder } from '../../src/log/segment-object.ts';
import { StretchCache } from '../../src/log/stretch-cache.ts';
import { sha256Hex } from '../../src/platform/cloudflare/sha256.ts';
import { MemoryBlobStore } from '../../src/platform/memory/memory-blob-store.ts';
import { recordsOf, unwrap } from '../support/partition-harness.ts';

const mebibyte = 1024 * 1024;
const key = 'cluster/topic/0/segment';
const recordsPerBatch = 10;
const firstOffset = 1_000;

/** Batches of about 100 KB, every third of which compaction has emptied out of the log. */
function batches(count: number): { offset: number; bytes: Uint8Array }[] {
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => index % 3 !== 1)
    .map((index) => {
      const offset = firstOffset + index * recordsPerBatch;
      const records = Array.from({ length: recordsPerBatch }, (_, record) => ({
        timestampMs: offset + record,
        key: null,
        value: new Uint8Array(10_000).fill(record),
        headers: [],
      }));
      const bytes = encodeBatch(records);
      patchBatch(bytes, 0, offset, 0);
      return { offset, bytes };
    });
}

const batchCount = 90;
const stored = batches(batchCount);
const lastOffset = firstOffset + batchCount * recordsPerBatch - 1;
const offsets = stored.flatMap(({ offset }) => Array.from({ length: recordsPerBatch }, (_, index) => offset + index));

let store: MemoryBlobStore;
let segment: RemoteSegment;
let ranges: { offset: number; length: number }[];
let blobs: Pick<MemoryBlobStore, 'read'>;

beforeEach(async () => {
  const builder = new SegmentObjectBuilder({ baseOffset: firstOffset, lastOffset }, stored.length * 101_000);
  for (const { bytes } of stored) unwrap(builder.append(bytes));
  const { bytes, footer } = builder.finish();
  store = new MemoryBlobStore();
  await store.put(key, bytes, { sha256: sha256Hex(bytes) });
  segment = { ...footer, key, sizeBytes: footer.dataBytes };
  ranges = [];
  blobs = {
    read: (name, range) => {
      ranges.push(range);
      return store.read(name, range);
    },
  };
});

const forever = () => new Promise<void>(() => {});
const newReader = (cacheBytes = 16 * mebibyte, patience = forever) =>
  new RemoteSegmentReader(blobs, new StretchCache(cacheBytes), mebibyte, patience);

async function read(reader: RemoteSegmentReader, offset: number, maxBytes: number) {
  const reply = unwrap(await reader.read(segment, offset, maxBytes));
  if (reply === objectMissing) throw new Error('the object is there');
  return { ...reply, found: recordsOf(reply.batches).map((record) => record.offset) };
}

/** The offsets a reader gets that goes through the segment from `from` on. */
async function readThrough(reader: RemoteSegmentReader, from: number, maxBytes: number): Promise<number[]> {
  const found: number[] = [];
  for (let next = from; next <= lastOffset; ) {
    const reply = await read(reader, next, maxBytes);
    expect(reply.nextOffset).toBeGreaterThan(next);
    found.push(...reply.found.filter((offset) => offset >= next));
    next = reply.nextOffset;
  }
  return found;
}

describe('a reader of a large segment', () => {
  it('[I-7c] gets every record at or after its offset, over the holes that compaction left, in steps of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: firstOffset, max: lastOffset }),
        fc.integer({ min: 1, max: 3 * mebibyte }),
        fc.constantFrom(0, mebibyte, 16 * mebibyte),
        async (from, maxBytes, cacheBytes) => {
          expect(await readThrough(newReader(cacheBytes), from, maxBytes)).toEqual(
            offsets.filter((offset) => offset >= from),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('gets whole batches: one at least, and otherwise at most what it asked for', async () => {
    const reader = newReader();
    expect((await read(reader, firstOffset + 5, 1)).found).toEqual(offsets.slice(0, recordsPerBatch));
    const large = await read(reader, firstOffset, 2 * mebibyte);
    expect(large.batches.length).toBeLessThanOrEqual(2 * mebibyte);
    expect(large.batches.length).toBeGreaterThan(2 * mebibyte - 110_000);
  });

  it('finds the first record that reaches a timestamp, at or after an offset', async () => {
    const reader = newReader();
    for (const timestampMs of [0, firstOffset, firstOffset + 12, firstOffset + 455, lastOffset - 5]) {
      for (const minOffset of [firstOffset, firstOffset + 300]) {
        const expected = offsets.find((offset) => offset >= timestampMs && offset >= minOffset);
        expect(unwrap(await reader.find(segment, timestampMs, minOffset))).toBe(expected);
      }
    }
    expect(unwrap(await reader.find(segment, lastOffset + 1, firstOffset))).toBeNull();
  });

  it('goes to the store for what it is asked, and for no byte twice', async () => {
    await readThrough(newReader(), firstOffset, mebibyte);
    expect(ranges).toHaveLength(Math.ceil(segment.sizeBytes / mebibyte));
    expect(ranges.reduce((sum, { length }) => sum + length, 0)).toBe(segment.sizeBytes);
  });

  it('gets more at once when it goes through in small steps, and little when it jumps', async () => {
    const reader = newReader();
    await readThrough(reader, firstOffset, 1);
    expect(ranges.length).toBeLessThan(9);
    expect(ranges.reduce((sum, { length }) => sum + length, 0)).toBe(segment.sizeBytes);
    ranges.length = 0;
    await read(newReader(), firstOffset + 500, 1);
    expect(ranges).toHaveLength(1);
    expect(ranges[0]?.length).toBeLessThan(250_000);
  });

  it('answers from memory what was read before, whoever asks for whichever part', async () => {
    const reader = newReader();
    await readThrough(reader, firstOffset, 2 * mebibyte);
    ranges.length = 0;
    expect(await readThrough(reader, firstOffset + 55, 300_000)).toEqual(
      offsets.filter((offset) => offset >= firstOffset + 55),
    );
    expect(ranges).toEqual([]);
  });

  it('[I-6e] reports a damaged batch when it gets there, and delivers what lies before', async () => {
    store.corrupt(key, (bytes) => {
      bytes[segment.sizeBytes - 50] = (bytes[segment.sizeBytes - 50] ?? 0) ^ 1;
    });
    const reader = newReader();
    let next = firstOffset;
    for (;;) {
      const reply = await reader.read(segment, next, 300_000);
      if (!reply.ok) {
        expect(reply.error.code).toBe('KAFKA_STORAGE_ERROR');
        break;
      }
      next = reply.value === objectMissing ? Number.NaN : reply.value.nextOffset;
    }
    expect(next).toBeGreaterThan(firstOffset + 600);
    expect(next).toBeLessThan(lastOffset);
  });

  it('reads what several ask for at once only once', async () => {
    const reader = newReader();
    const found = await Promise.all([0, 5, 0, 5].map((late) => read(reader, firstOffset + late, 100_000)));
    for (const reply of found) expect(reply.found).toEqual(offsets.slice(0, recordsPerBatch));
    expect(ranges).toHaveLength(1);
  });

  it('gets no byte twice for several that share the way, and much at once', async () => {
    blobs.read = async (name, range) => {
      ranges.push(range);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return store.read(name, range);
    };
    const reader = newReader();
    const pageRecords = recordsPerBatch * 3;
    let next = firstOffset;
    const seen = new Set<number>();
    const share = async () => {
      while (next <= lastOffset) {
        const from = next;
        next += pageRecords;
        for (const offset of (await read(reader, from, 210_000)).found) seen.add(offset);
      }
    };
    await Promise.all(Array.from({ length: 4 }, share));
    expect([...seen].sort((one, other) => one - other)).toEqual(offsets);
    expect(ranges.reduce((sum, { length }) => sum + length, 0)).toBe(segment.sizeBytes);
    expect(ranges.length).toBeLessThan(9);
  });

  it('waits for another reader no longer than its patience lasts, and not for one that failed', async () => {
    let fail: (cause: Error) => void = () => {};
    blobs.read = () =>
      new Promise((_, reject) => {
        fail = reject;
      });
    const reader = newReader(mebibyte, () => Promise.resolve());
    const stuck = reader.read(segment, firstOffset, 1);
    blobs.read = (name, range) => store.read(name, range);
    expect((await read(reader, firstOffset, 1)).found).toEqual(offsets.slice(0, recordsPerBatch));
    fail(new Error('the store is away'));
    expect(await stuck).toMatchObject({ error: { code: 'KAFKA_STORAGE_ERROR' } });

    const other = newReader();
    blobs.read = () => Promise.reject(new Error('the store is away'));
    const failing = other.read(segment, firstOffset, 1);
    blobs.read = (name, range) => store.read(name, range);
    expect((await read(other, firstOffset, 1)).found).toEqual(offsets.slice(0, recordsPerBatch));
    expect((await failing).ok).toBe(false);
  });

  it('says that the object is gone, or that it is cut off', async () => {
    blobs.read = async (name, range) => (await store.read(name, range))?.subarray(0, 1_000) ?? null;
    expect(await newReader().read(segment, firstOffset, 1)).toMatchObject({ error: { code: 'KAFKA_STORAGE_ERROR' } });
    blobs.read = async () => null;
    expect(unwrap(await newReader().read(segment, firstOffset, 1))).toBe(objectMissing);
    expect(unwrap(await newReader().find(segment, 0, firstOffset))).toBe(objectMissing);
  });
});

describe('the cache of stretches', () => {
  it('finds what holds a position, and keeps what was used last within its bound', () => {
    const cache = new StretchCache(3_000);
    for (const start of [0, 1_000, 2_000]) cache.put('a', start, new Uint8Array(1_000));
    expect(cache.find('a', 999)?.start).toBe(0);
    expect(cache.find('a', 3_000)).toBeNull();
    expect(cache.isOnTheWay('a', 2_000, 1)).toBe(true);
    expect(cache.isOnTheWay('a', 2_500, 1_000), 'what was read before is no way to anywhere else').toBe(false);
    expect(cache.nextStart('a', 0)).toBe(1_000);
    expect(cache.nextStart('a', 2_000)).toBeNull();
    cache.put('b', 0, new Uint8Array(1_000));
    const starts = [0, 1_000, 2_000].map((position) => cache.find('a', position)?.start);
    expect(starts).toEqual([0, undefined, 2_000]);
    cache.put('b', 0, new Uint8Array(4_000));
    expect(cache.find('b', 0)).toBeNull();
    expect(cache.find('a', 0)).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/log/record.ts';
import { inPartition, ownRef, rowsWritten } from './own-partition.ts';

const segmentCount = 12;

describe('what tiering writes', () => {
  it('is at most 4 rows a segment, and the segment leaves the database', () =>
    inPartition(
      async ({ store, service, append, blobs }) => {
        const records = Array.from({ length: 10 }, () => ({
          timestampMs: Date.now(),
          key: null,
          value: new Uint8Array(60_000),
          headers: [],
        }));
        const empty = store.sizeBytes();
        for (let sent = 0; sent < segmentCount; sent += 1) await append({ batches: encodeBatch(records) });
        expect(store.sizeBytes() - empty).toBeGreaterThan(segmentCount * 600_000);
        const written = await rowsWritten(store, async () => {
          expect((await service.maintain(ownRef, 1)).ok).toBe(true);
        });
        expect(blobs.keys()).toHaveLength(segmentCount - 1);
        expect(written).toBeGreaterThan(segmentCount);
        expect(written / (segmentCount - 1)).toBeLessThanOrEqual(4);
        expect(store.sizeBytes() - empty).toBeLessThan(700_000);
        const read = await service.readRecords({ ref: ownRef, configVersion: 1, from: 'earliest', maxBytes: 1 });
        expect(read).toMatchObject({ ok: true });
      },
      { segmentBytes: 600_000, retentionMs: -1 },
    ));
});

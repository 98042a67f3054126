import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/log/record.ts';
import type { TopicConfig } from '../../src/topics/topic-config.ts';
import { inPartition, type OwnPartition, ownRef, rowsWritten } from './own-partition.ts';

const day = 24 * 60 * 60 * 1000;

const segmentCount = 12;

/** Fills so many segments of a megabyte and seals them. */
async function fill({ append }: OwnPartition): Promise<void> {
  const records = Array.from({ length: 10 }, () => ({
    timestampMs: Date.now(),
    key: null,
    value: new Uint8Array(60_000),
    headers: [],
  }));
  for (let sent = 0; sent < segmentCount; sent += 1) await append({ batches: encodeBatch(records) });
}

describe('what retention writes', () => {
  it.each<[string, TopicConfig['millraceTiering']]>([
    ['here', 'false'],
    ['in objects', 'true'],
  ])('is at most 4 rows a dropped segment that is %s', (_where, millraceTiering) =>
    inPartition(
      async (partition) => {
        const { store, service } = partition;
        await fill(partition);
        await service.maintain(ownRef, 1);
        const [{ segments } = { segments: 0 }] = store.query<{ segments: number }>(
          'SELECT count(*) AS segments FROM segments',
        );
        expect(segments).toBe(segmentCount);
        partition.advance(2 * day);
        const written = await rowsWritten(store, async () => {
          const report = await service.maintain(ownRef, 1);
          const dropped = report.ok ? report.value.jobs.find(({ kind }) => kind === 'retention')?.done : undefined;
          expect(dropped?.dropped_segments).toBe(segments);
        });
        expect(written).toBeGreaterThan(0);
        expect(written / segments).toBeLessThanOrEqual(4);
        const described = await service.describe(ownRef, 1);
        expect(described).toMatchObject({
          ok: true,
          value: { logStartOffset: segmentCount * 10, highWatermark: segmentCount * 10, localBytes: 0, remoteBytes: 0 },
        });
      },
      { retentionMs: day, segmentBytes: 600_000, millraceTiering },
    ),
  );
});

import { describe, expect, it } from 'vitest';
import { decompress } from '../../src/log/compression.ts';
import { decodeBatches, encodeBatch } from '../../src/log/record.ts';
import type { TopicConfig } from '../../src/topics/topic-config.ts';
import { inPartition, type OwnPartition, ownRef, rowsWritten } from './own-partition.ts';

const encoder = new TextEncoder();
const keyCount = 10;
const rounds = 24;

/** Rounds of updates of the same keys, half a megabyte each, a round a batch. */
async function fill({ append }: OwnPartition): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const records = Array.from({ length: keyCount }, (_, key) => ({
      timestampMs: Date.now(),
      key: encoder.encode(`key ${key}`),
      value: new Uint8Array(50_000).fill(round),
      headers: [],
    }));
    await append({ batches: encodeBatch(records) });
  }
}

/** The last round of each key, read by offset from the partition's own rows and, as an edge does, from objects. */
async function lastRounds({ service }: OwnPartition): Promise<{ rounds: Map<string, number>; records: number }> {
  const last = new Map<string, number>();
  let records = 0;
  for (let next = 0; ; ) {
    const read = await service.readRecords({
      ref: ownRef,
      configVersion: 1,
      from: { offset: next },
      maxBytes: 1 << 20,
    });
    if (!read.ok) throw new Error(read.error.message);
    const decoded = decodeBatches(read.value.batches, decompress, ({ key, value }) => {
      last.set(new TextDecoder().decode(key ?? new Uint8Array(0)), value?.[0] ?? -1);
      records += 1;
      return true;
    });
    expect(decoded.ok).toBe(true);
    if (read.value.nextOffset === next) return { rounds: last, records };
    next = read.value.nextOffset;
  }
}

describe('compaction in the real runtime', () => {
  it('[I-7a] swaps tables, keeps the last record of each key, and frees what it took', () =>
    inPartition(
      async (partition) => {
        const { store, service } = partition;
        await fill(partition);
        const before = store.sizeBytes();
        const written = await rowsWritten(store, async () => {
          const report = await service.maintain(ownRef, 1);
          const done = report.ok ? report.value.jobs.find(({ kind }) => kind === 'compaction')?.done : undefined;
          expect(done?.removed_records).toBeGreaterThan(keyCount * (rounds - 5));
        });
        const { rounds: last, records } = await lastRounds(partition);
        expect([...last.values()]).toEqual(Array.from({ length: keyCount }, () => rounds - 1));
        expect(records).toBeLessThan(keyCount * 5);
        // The rows of what is left, the segments it was before, and a few for the state: none for what went.
        expect(written).toBeLessThan(60);
        const tables = store.query<{ name: string }>(
          "SELECT name FROM sqlite_master WHERE name LIKE 'segment\\_%' ESCAPE '\\'",
        );
        const segments = store.query('SELECT base_offset FROM segments');
        expect(tables).toHaveLength(segments.length);
        expect(before).toBeGreaterThan(rounds * 500_000);
        const described = await service.describe(ownRef, 1);
        expect(described).toMatchObject({ ok: true, value: { highWatermark: keyCount * rounds, remoteBytes: 0 } });
      },
      { cleanupPolicy: 'compact', segmentBytes: 1_100_000, millraceTiering: 'false' } satisfies Partial<TopicConfig>,
    ));
});

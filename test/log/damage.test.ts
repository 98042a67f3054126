import { describe, expect, it } from 'vitest';
import { encodeSubscribeFrame, serverFrame } from '../../src/log/fast-door-frames.ts';
import { scrubPeriodMs } from '../../src/log/maintenance/scrubbing.ts';
import {
  PartitionHarness,
  RecordingSocket,
  recordsOf,
  settled,
  testRef,
  unwrap,
  valuesOf,
} from '../support/partition-harness.ts';

/** Ten flushes of a record each, a few a segment. */
async function filledPartition(millraceTiering: 'true' | 'false' = 'false'): Promise<PartitionHarness> {
  const harness = await new PartitionHarness().open({ segmentBytes: 700, retentionMs: -1, millraceTiering });
  for (let index = 0; index < 10; index += 1) {
    harness.nowMs += 1_000;
    unwrap(await harness.appendValues(`value ${index} ${'x'.repeat(150)}`));
  }
  await harness.runAlarm();
  return harness;
}

/** Changes a byte of the row that begins at `offset`, as a disk would; answers how to put it back. */
function decay(harness: PartitionHarness, offset: number): () => void {
  const [segment] = harness.store.query<{ base_offset: number }>(
    'SELECT max(base_offset) AS base_offset FROM segments WHERE base_offset <= ?',
    offset,
  );
  const table = `segment_${segment?.base_offset}`;
  const [row] = harness.store.query<{ batches: Uint8Array }>(
    `SELECT batches FROM ${table} WHERE base_offset = ?`,
    offset,
  );
  const sound = row?.batches.slice() ?? new Uint8Array(0);
  const damaged = sound.slice();
  damaged[damaged.length - 20] = (damaged.at(-20) ?? 0) ^ 4;
  const store = (batches: Uint8Array) =>
    harness.store.run(`UPDATE ${table} SET batches = ? WHERE base_offset = ?`, batches, offset);
  store(damaged);
  return () => store(sound);
}

async function damagedOf(harness: PartitionHarness) {
  return unwrap(await harness.service.describe(testRef, harness.configVersion)).upkeep.damaged;
}

describe('a reader that comes to damaged bytes', () => {
  it('gets everything before them, then a failure that says where, and nothing is passed over', async () => {
    const harness = await filledPartition();
    const restore = decay(harness, 4);
    harness.restart();
    const before = unwrap(await harness.read({ offset: 0 }));
    expect(valuesOf(recordsOf(before.batches))).toHaveLength(4);
    expect(before.nextOffset).toBe(4);
    const failure = { code: 'KAFKA_STORAGE_ERROR', detail: { offset: 4, last_offset: 4 } };
    expect(await harness.read({ offset: 4 })).toMatchObject({ error: failure });
    expect(await harness.read({ timestampMs: harness.startMs + 5_000 })).toMatchObject({ error: failure });
    expect(valuesOf(await harness.readAll(5))).toHaveLength(5);
    expect(await damagedOf(harness)).toEqual([{ offset: 4, lastOffset: 4 }]);
    expect(harness.incidents).toMatchObject([{ event: 'partition-damaged', failure }]);
    restore();
    harness.restart();
    expect(valuesOf(await harness.readAll())).toHaveLength(10);
  });

  it('on the fast door is told why its subscription ends', async () => {
    const harness = await filledPartition();
    decay(harness, 4);
    harness.restart();
    const socket = new RecordingSocket();
    const door = unwrap(harness.service.fastDoor(testRef, 1));
    door.open(socket);
    door.onFrame(socket, encodeSubscribeFrame(1_000_000, 0));
    await settled();
    const kinds = socket.frames.map((frame) => frame[0]);
    expect(kinds[0]).toBe(serverFrame.subscribed);
    expect(kinds.at(-1)).toBe(serverFrame.error);
    expect(new TextDecoder().decode(socket.frames.at(-1))).toContain('KAFKA_STORAGE_ERROR');
    expect(socket.closed).toBeNull();
  });

  it('lets appends go on, which do not need what is damaged', async () => {
    const harness = await filledPartition();
    decay(harness, 4);
    harness.restart();
    expect(unwrap(await harness.appendValues('more')).ranges).toMatchObject([{ baseOffset: 10 }]);
  });
});

describe('the scrubber', () => {
  it.each(['false', 'true'] as const)('finds within a week what nobody reads, millrace.tiering=%s', async (tiering) => {
    const harness = await filledPartition(tiering);
    if (tiering === 'true') {
      const [first = ''] = harness.objects.blobs.keys();
      harness.objects.blobs.corrupt(first, (bytes) => {
        bytes[80] = (bytes[80] ?? 0) ^ 1;
      });
    } else decay(harness, 1);
    const endMs = harness.nowMs + 2 * scrubPeriodMs;
    while (harness.nowMs < endMs) {
      harness.nowMs = Math.min(endMs, harness.alarm.atMs ?? endMs);
      await harness.runAlarm();
    }
    const [range] = await damagedOf(harness);
    expect(range?.offset).toBeLessThan(4);
    expect(harness.incidents.map(({ event }) => event)).toEqual(['partition-damaged']);
  });

  it('checks every sealed segment, again and again, and takes back what was restored', async () => {
    const harness = await filledPartition();
    const restore = decay(harness, 1);
    const advance = async (ms: number) => {
      const endMs = harness.nowMs + ms;
      while (harness.nowMs < endMs) {
        harness.nowMs = Math.min(endMs, harness.alarm.atMs ?? endMs);
        await harness.runAlarm();
      }
    };
    await advance(2 * scrubPeriodMs);
    expect(await damagedOf(harness)).toHaveLength(1);
    harness.restart();
    expect(await damagedOf(harness)).toHaveLength(1);
    restore();
    await advance(2 * scrubPeriodMs);
    expect(await damagedOf(harness)).toEqual([]);
    const report = unwrap(await harness.service.maintain(testRef, 1));
    expect(report.jobs.find(({ kind }) => kind === 'scrubbing')?.nextDueMs).toBeGreaterThan(harness.nowMs);
  });
});

import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../../../src/log/record.ts';
import type { TopicConfig } from '../../../../src/topics/topic-config.ts';
import { CrashingPorts } from '../../../support/crash-points.ts';
import {
  newRecord,
  type PartitionHarness,
  type producerBatch,
  testRef,
  unwrap,
} from '../../../support/partition-harness.ts';
import { appendUpdates, changelogPartition, foldUpdates, keyOf, textOf } from './changelog.ts';

const hour = 60 * 60 * 1000;
const day = 24 * hour;

async function describeUpkeep(harness: PartitionHarness) {
  return unwrap(await harness.service.describe(testRef, harness.configVersion)).upkeep.compaction;
}

/** Rounds of updates of the same keys, a round a batch, a second apart. */
async function appendRounds(harness: PartitionHarness, rounds: number, keys = 5): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    harness.nowMs += 1_000;
    const updates = Array.from({ length: keys }, (_, key) => ({
      key: `key ${key}`,
      value: `${round} ${'x'.repeat(40)}`,
    }));
    await appendUpdates(harness, ...updates);
  }
}

const offsets = async (harness: PartitionHarness, from = 0) =>
  (await harness.readAll(from)).map(({ offset }) => offset);

describe.each<[string, TopicConfig['millraceTiering']]>([
  ['in rows', 'false'],
  ['in objects', 'true'],
])('compaction of segments %s', (_where, millraceTiering) => {
  it('[I-7a] [I-7b] keeps the last record of each key where it was, and all of the open segment', async () => {
    const harness = await changelogPartition({ millraceTiering });
    await appendRounds(harness, 20);
    const before = await harness.readAll();
    await harness.runAlarm();
    const after = await harness.readAll();
    expect(foldUpdates(after)).toEqual(foldUpdates(before));
    const byOffset = new Map(before.map((record) => [record.offset, record]));
    for (const record of after) expect(record).toEqual(byOffset.get(record.offset));
    expect(after.length).toBeLessThan(20);
    expect(unwrap(await harness.service.describe(testRef, 1))).toMatchObject({ logStartOffset: 0, highWatermark: 100 });
    expect(harness.incidents).toEqual([]);
    const local = unwrap(await harness.service.describe(testRef, 1));
    if (millraceTiering === 'true') expect(local.remoteBytes).toBeGreaterThan(0);
    else expect(local.remoteBytes).toBe(0);
  });

  it('[I-7e] appends are answered whatever a pass is waiting for', async () => {
    const harness = await changelogPartition({ millraceTiering });
    await appendRounds(harness, 20);
    const before = foldUpdates(await harness.readAll());
    const appended: Record<string, string> = {};
    // Not before the instance is there, and not in what an append itself waits for; and each brings work of its own.
    let isAppending = true;
    const appendMeanwhile = async () => {
      const key = `during ${Object.keys(appended).length}`;
      if (isAppending || key === 'during 40') return;
      isAppending = true;
      await appendUpdates(harness, { key, value: 'x' });
      appended[key] = 'x';
      isAppending = false;
    };
    harness.wrapPorts = (ports) => new CrashingPorts(ports, null, appendMeanwhile, true).ports;
    harness.restart();
    isAppending = false;
    await harness.runAlarm();
    expect(Object.keys(appended).length).toBeGreaterThan(10);
    expect(foldUpdates(await harness.readAll())).toEqual({ ...before, ...appended });
    expect((await describeUpkeep(harness))?.cleanedOffset).toBeGreaterThan(50);
    expect(harness.incidents).toEqual([]);
  });

  it('[I-7c] a reader at any offset gets the next record there is, and goes on to the end', async () => {
    const harness = await changelogPartition({ millraceTiering });
    await appendRounds(harness, 20);
    await harness.runAlarm();
    const all = await offsets(harness);
    for (let offset = 0; offset <= 100; offset += 1) {
      expect(await offsets(harness, offset)).toEqual(all.filter((each) => each >= offset));
      const reply = unwrap(await harness.read({ offset }, 1));
      expect(reply.startOffset).toBe(offset);
      expect(reply.nextOffset).toBeGreaterThan(offset === 100 ? 99 : offset);
    }
    harness.restart();
    expect(await offsets(harness)).toEqual(all);
  });

  it('finds records by time where others are gone', async () => {
    const harness = await changelogPartition({ millraceTiering });
    await appendRounds(harness, 20);
    await harness.runAlarm();
    const left = await harness.readAll();
    for (let timestampMs = harness.startMs; timestampMs <= harness.nowMs; timestampMs += 500) {
      const reply = unwrap(await harness.read({ timestampMs }));
      const expected = left.find((record) => record.timestampMs >= timestampMs)?.offset;
      const found = (await harness.readAll(reply.startOffset))[0]?.offset;
      expect(found).toBe(expected);
    }
  });

  it('goes on with what comes later, pass after pass, and merges what is left', async () => {
    const harness = await changelogPartition({ millraceTiering });
    for (let pass = 0; pass < 5; pass += 1) {
      await appendRounds(harness, 20);
      const expected = foldUpdates(await harness.readAll());
      await harness.runAlarm();
      expect(foldUpdates(await harness.readAll())).toEqual(expected);
    }
    expect((await harness.readAll()).length).toBeLessThan(25);
    const { segmentCount } = unwrap(await harness.service.describe(testRef, 1));
    expect(segmentCount).toBeLessThan(20);
    const upkeep = await describeUpkeep(harness);
    expect(upkeep?.cleanedOffset).toBeGreaterThan(480);
    expect(upkeep?.cleanedAtMs).toBe(harness.nowMs);
  });
});

describe('tombstones', () => {
  it('[I-7d] stay for delete.retention.ms from the first cleaning that saw them, and go after that', async () => {
    const harness = await changelogPartition({ deleteRetentionMs: day });
    await appendUpdates(harness, { key: 'gone', value: 'first' });
    await appendUpdates(harness, { key: 'gone', value: null });
    // The tombstone is weeks old when it is first compacted: readers still have a day from then on.
    harness.nowMs += 30 * day;
    await appendRounds(harness, 10);
    await harness.runAlarm();
    const tombstones = async () => (await harness.readAll()).filter((record) => textOf(record) === null).map(keyOf);
    expect((await harness.readAll()).filter((record) => keyOf(record) === 'gone').map(textOf)).toEqual([null]);
    harness.nowMs += day - 60_000;
    await appendRounds(harness, 10);
    await harness.runAlarm();
    expect(await tombstones()).toEqual(['gone']);
    harness.nowMs += hour;
    await appendRounds(harness, 10);
    await harness.runAlarm();
    expect(await tombstones()).toEqual([]);
    expect(foldUpdates(await harness.readAll())).not.toHaveProperty('gone');
  });

  it('of a key that is written again do not matter any more', async () => {
    const harness = await changelogPartition();
    await appendUpdates(harness, { key: 'back', value: null });
    await appendUpdates(harness, { key: 'back', value: 'again' });
    await appendRounds(harness, 10);
    await harness.runAlarm();
    const of = (await harness.readAll()).filter((record) => keyOf(record) === 'back');
    expect(of.map(textOf)).toEqual(['again']);
  });
});

describe('when compaction runs', () => {
  it('is when enough of the log is dirty', async () => {
    const harness = await changelogPartition({ minCleanableDirtyRatio: 0.9 });
    await appendRounds(harness, 20, 5);
    await harness.runAlarm();
    const cleanedAtMs = (await describeUpkeep(harness))?.cleanedAtMs;
    expect(cleanedAtMs).not.toBeNull();
    await appendRounds(harness, 4);
    await harness.runAlarm();
    const upkeep = await describeUpkeep(harness);
    expect(upkeep?.cleanedAtMs).toBe(cleanedAtMs);
    expect(upkeep?.cleanableRatio).toBeGreaterThan(0);
    expect(upkeep?.cleanableRatio).toBeLessThan(0.9);
    await appendRounds(harness, 40);
    await harness.runAlarm();
    expect((await describeUpkeep(harness))?.cleanedAtMs).toBe(harness.nowMs);
  });

  it('is not before min.compaction.lag.ms', async () => {
    const harness = await changelogPartition({ minCompactionLagMs: hour });
    await appendRounds(harness, 20);
    await harness.runAlarm();
    expect(await harness.readAll()).toHaveLength(100);
    harness.nowMs += hour - 10_000;
    await harness.runAlarm();
    // The first segments are an hour old by now, the last ones are not.
    const some = (await harness.readAll()).length;
    expect(some).toBeGreaterThan(20);
    expect(some).toBeLessThan(100);
    harness.nowMs += 20_000;
    await harness.runAlarm();
    expect((await harness.readAll()).length).toBeLessThan(20);
  });

  it('is at the latest after max.compaction.lag.ms, for records of the open segment too', async () => {
    const harness = await changelogPartition({
      maxCompactionLagMs: hour,
      segmentBytes: 1_000_000,
      minCleanableDirtyRatio: 1,
    });
    await appendRounds(harness, 3);
    expect(harness.alarm.atMs).toBeLessThanOrEqual(harness.startMs + 1_000 + hour);
    harness.nowMs = harness.startMs + 1_000 + hour - 1;
    await harness.runAlarm();
    expect(await harness.readAll()).toHaveLength(15);
    harness.nowMs += 1;
    await harness.runAlarm();
    expect(await harness.readAll()).toHaveLength(5);
    await appendRounds(harness, 1);
    expect((await harness.readAll()).length).toBe(10);
  });

  it('is not at all when nothing is compacted any more, and from the beginning when it is again', async () => {
    const harness = await changelogPartition();
    await appendRounds(harness, 20);
    await harness.runAlarm();
    const alter = async (cleanupPolicy: TopicConfig['cleanupPolicy']) => {
      harness.config = { ...harness.config, cleanupPolicy };
      harness.configVersion += 1;
      unwrap(await harness.service.initialize(harness.grant()));
      await harness.runAlarm();
    };
    await alter('delete');
    expect(await describeUpkeep(harness)).toBeNull();
    unwrap(await harness.append({ batches: encodeBatch([newRecord('without a key')]) }));
    await appendRounds(harness, 20);
    await harness.runAlarm();
    expect((await harness.readAll()).length).toBeGreaterThan(100);
    await alter('compact');
    const left = await harness.readAll();
    expect(left.length).toBeLessThan(20);
    expect(left.every(({ key }) => key !== null)).toBe(true);
  });
});

describe('what else stays', () => {
  it('the newest batch of a producer that is known, emptied, so that its sequence can be told from the log', async () => {
    const harness = await changelogPartition();
    const producer = { producerId: 9, producerEpoch: 1, baseSequence: 0 };
    unwrap(await harness.append({ batches: producerBatchOf(producer, 'a') }));
    unwrap(await harness.append({ batches: producerBatchOf({ ...producer, baseSequence: 1 }, 'a') }));
    await appendUpdates(harness, { key: 'a', value: 'newer' });
    await appendRounds(harness, 10);
    await harness.runAlarm();
    const { batches } = unwrap(await harness.read({ offset: 0 }, 1));
    expect(batches).toHaveLength(61);
    expect(unwrap(await harness.read({ offset: 0 }, 1)).nextOffset).toBe(2);
    const retried = unwrap(await harness.append({ batches: producerBatchOf({ ...producer, baseSequence: 1 }, 'a') }));
    expect(retried).toMatchObject({ duplicate: true, ranges: [{ baseOffset: 1 }] });
    expect(foldUpdates(await harness.readAll()).a).toBe('newer');
  });

  it('keeps offsets that have no record any more readable up to the border of what is compacted', async () => {
    const harness = await changelogPartition({ deleteRetentionMs: 0, minCleanableDirtyRatio: 0 });
    await appendUpdates(harness, ...Array.from({ length: 30 }, (_, key) => ({ key: `k${key}`, value: null })));
    await appendUpdates(harness, ...Array.from({ length: 30 }, (_, key) => ({ key: `l${key}`, value: null })));
    for (let pass = 0; pass < 3; pass += 1) {
      await harness.runAlarm();
      await appendRounds(harness, 5);
    }
    await harness.runAlarm();
    const first = unwrap(await harness.read({ offset: 0 }));
    expect(first.nextOffset).toBeGreaterThan(0);
    expect((await harness.readAll()).every((record) => textOf(record) !== null)).toBe(true);
  });
});

describe('compact,delete', () => {
  it('does both', async () => {
    const harness = await changelogPartition({ cleanupPolicy: 'compact,delete', retentionMs: day });
    await appendRounds(harness, 20);
    await harness.runAlarm();
    expect((await harness.readAll()).length).toBeLessThan(20);
    harness.nowMs += day - 10_000;
    await appendRounds(harness, 5);
    harness.nowMs += 20_000;
    await harness.runAlarm();
    const { logStartOffset, highWatermark } = unwrap(await harness.service.describe(testRef, 1));
    expect(logStartOffset).toBeGreaterThanOrEqual(95);
    expect(highWatermark).toBe(125);
    expect((await harness.readAll(logStartOffset)).length).toBeGreaterThanOrEqual(5);
  });
});

function producerBatchOf(producer: Parameters<typeof producerBatch>[0], key: string): Uint8Array {
  return encodeBatch([newRecord('value', 1_790_000_000_000, key)], producer);
}

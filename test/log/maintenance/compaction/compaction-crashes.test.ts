import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../../../../src/log/record.ts';
import type { TopicConfig } from '../../../../src/topics/topic-config.ts';
import type { CrashPoint } from '../../../support/crash-points.ts';
import { recordsOf, unwrap } from '../../../support/partition-harness.ts';
import { callsWithoutFault, expectRecovery, pointsOf, type Scenario, segmentsOf, tablesOf } from '../crash-scenario.ts';
import { appendUpdates, changelogPartition, foldUpdates, type Update } from './changelog.ts';

const padding = '.'.repeat(60);

/** A changelog in a few sealed segments that waits to be compacted, with a reader under way. */
async function dirtyChangelog(millraceTiering: TopicConfig['millraceTiering']): Promise<Scenario> {
  const day = 24 * 60 * 60 * 1000;
  const harness = await changelogPartition({
    segmentBytes: 900,
    millraceTiering,
    minCompactionLagMs: 1_000,
    deleteRetentionMs: day,
  });
  for (let round = 0; round < 7; round += 1) {
    harness.nowMs += 10;
    const updates: Update[] = [0, 1, 2].map((key) => ({ key: `key ${key}`, value: `${round} ${padding}` }));
    if (round === 2) updates.push({ key: 'deleted', value: 'soon' });
    if (round === 4) updates.push({ key: 'deleted', value: null });
    await appendUpdates(harness, ...updates);
  }
  await harness.runAlarm();
  harness.nowMs += 60_000;
  const content = await harness.readAll();
  const byOffset = new Map(content.map((record) => [record.offset, record]));
  const folded = foldUpdates(content);
  const reader: { next: number; readonly records: LogRecord[] } = { next: 0, records: [] };
  return {
    harness,
    holds: async () => {
      const records = await harness.readAll();
      expect(foldUpdates(records), 'I-7a the last value of each key').toEqual(folded);
      for (const record of records)
        expect(record, 'I-7b survivors are as they were').toEqual(byOffset.get(record.offset));
      // One step of a reader that lives on, whatever happens in between.
      const step = unwrap(await harness.read({ offset: reader.next }, 200));
      expect(step.nextOffset, 'I-7c never back').toBeGreaterThanOrEqual(reader.next);
      reader.records.push(...recordsOf(step.batches).filter(({ offset }) => offset >= reader.next));
      reader.next = step.nextOffset;
    },
    isConsistent: () => {
      const segments = segmentsOf(harness);
      let end = 0;
      for (const { base_offset, last_offset, object_key } of segments) {
        expect(base_offset, 'segments are disjoint and in order').toBeGreaterThanOrEqual(end);
        end = (last_offset ?? base_offset) + 1;
        if (object_key !== null) expect(harness.objects.blobs.keys()).toContain(object_key);
      }
      const local = segments.filter(({ object_key }) => object_key === null);
      const tables = tablesOf(harness).filter((table) => table !== 'compaction_output');
      expect(tables.sort()).toEqual(local.map(({ base_offset }) => `segment_${base_offset}`).sort());
    },
    isFinished: async () => {
      for (let left = reader.next; left < 23; left = reader.next) {
        const step = unwrap(await harness.read({ offset: left }));
        reader.records.push(...recordsOf(step.batches).filter(({ offset }) => offset >= left));
        reader.next = step.nextOffset;
      }
      expect(foldUpdates(reader.records), 'I-7a I-7c for the reader that was under way').toEqual(folded);
      expect((await harness.readAll()).length).toBeLessThan(12);
      expect(tablesOf(harness)).not.toContain('compaction_output');
      const referred = segmentsOf(harness).flatMap(({ object_key }) => (object_key === null ? [] : [object_key]));
      expect(harness.objects.blobs.keys(), 'no object is left that nothing refers to').toEqual(referred.sort());
      expect(harness.store.query('SELECT * FROM object_tombstones')).toEqual([]);
    },
  };
}

/** Hundreds of lives one after another, on a machine that may be busy. */
const pairsTimeoutMs = 120_000;

const name = (calls: readonly string[], { at, side }: CrashPoint) => `${side} call ${at} (${calls[at - 1]})`;

describe.each<[string, TopicConfig['millraceTiering']]>([
  ['in rows', 'false'],
  ['in objects', 'true'],
])('compaction of segments %s survives a crash', async (_where, millraceTiering) => {
  const calls = await callsWithoutFault(await dirtyChangelog(millraceTiering));

  it('is seen to do what is interrupted below', () => {
    expect(calls.filter((call) => call === 'yield').length).toBeGreaterThan(2);
    expect(calls.includes('put')).toBe(millraceTiering === 'true');
  });

  it.each(pointsOf(calls, 'crash').map((point) => [name(calls, point), point] as const))(
    '[I-7a I-7b I-7c] %s: every reader goes on, and the next instance ends it',
    async (_, point) => expectRecovery(await dirtyChangelog(millraceTiering), point),
  );

  it.each(pointsOf(calls, 'error').map((point) => [name(calls, point), point] as const))(
    '[I-7a I-7b I-7c] a call that fails %s, and may have taken effect, is made good by the same instance',
    async (_, point) => expectRecovery(await dirtyChangelog(millraceTiering), point),
  );

  it(
    '[I-7a I-7c] two crashes, wherever they are',
    async () => {
      for (const first of pointsOf(calls, 'crash').filter((_, index) => index % 9 === 0)) {
        for (let second = 1; second <= calls.length; second += 9) {
          const next: CrashPoint = { at: second, side: second % 2 === 0 ? 'before' : 'after', kind: 'crash' };
          await expectRecovery(await dirtyChangelog(millraceTiering), first, next);
        }
      }
    },
    pairsTimeoutMs,
  );
});

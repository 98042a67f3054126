import { describe, expect, test } from 'vitest';
import type { FinalPartition } from './final-read.ts';
import { GroupLedger } from './group-ledger.ts';
import { HistoryFile } from './history-file.ts';
import { type AnomalyKind, keyOf, RunLog } from './run-log.ts';

/** Two partitions of ten records; all are handed out, page after page, and committed. */
class SoundGroup {
  readonly log = new RunLog('orders', new HistoryFile('/dev/null'));
  readonly ledger = new GroupLedger(this.log, 2);
  readonly finals: readonly FinalPartition[] = [0, 1].map((partition) => {
    const records = Array.from({ length: 10 }, (_, offset) => {
      const id = this.log.newId(partition);
      return { offset, id, key: keyOf(id) };
    });
    return { partition, logStartOffset: 0, highWatermark: 10, records, batches: [] };
  });

  /** Hands out the records from `first` up to `next`, without committing them. */
  handOut(partition: number, first: number, next: number, before = this.ledger.confirmed()): void {
    for (let offset = first; offset < next; offset += 1) {
      this.ledger.handOut({ partition, offset, id: this.finals[partition]!.records[offset]!.id }, before);
    }
  }

  commit(partition: number, offset: number): void {
    this.ledger.commit(partition, offset, this.ledger.confirmed());
  }

  observe(committed: number | null, highWatermark: number): void {
    const second = { partition: 1, committed_offset: null, high_watermark: 0 };
    const first = { partition: 0, committed_offset: committed, high_watermark: highWatermark };
    this.ledger.observe([first, second], [this.ledger.confirmed()[0]!, 0]);
  }

  judged(): AnomalyKind[] {
    this.ledger.judge(this.finals);
    return [...this.log.anomalyCounts.keys()];
  }

  static throughAllBut(left: number): SoundGroup {
    const group = new SoundGroup();
    for (const partition of [0, 1]) {
      group.handOut(partition, 0, 5);
      group.commit(partition, 5);
      group.handOut(partition, 5, 10 - left);
    }
    return group;
  }
}

describe('the verdict on a consumer group', () => {
  test('passes one that got everything, and what was not committed again', () => {
    const group = SoundGroup.throughAllBut(0);
    group.observe(5, 10);
    group.handOut(0, 5, 10);
    expect(group.ledger.isThrough(group.finals)).toBe(false);
    for (const partition of [0, 1]) group.commit(partition, 10);
    group.observe(10, 10);
    expect(group.judged()).toEqual([]);
    expect(group.ledger.isThrough(group.finals)).toBe(true);
    expect(group.ledger.counts.again).toBe(5);
  });

  test('lets a call answer what another one committed only after it had begun', () => {
    const group = SoundGroup.throughAllBut(0);
    const before = group.ledger.confirmed();
    group.commit(0, 10);
    group.handOut(0, 5, 10, before);
    expect(group.judged()).toEqual([]);
  });

  const injected: readonly [what: string, kind: AnomalyKind, inject: (group: SoundGroup) => void][] = [
    ['a record that was committed', 'handed-out-again', (group) => group.handOut(0, 4, 5)],
    ['a commit below an earlier one', 'commit-moved-back', (group) => group.commit(0, 4)],
    ['a group that tells of less than it confirmed', 'commit-moved-back', (group) => group.observe(4, 10)],
    ['a group that has forgotten its offsets', 'commit-moved-back', (group) => group.observe(null, 10)],
    [
      'a group that tells of less than it told before',
      'commit-moved-back',
      (group) => {
        group.observe(8, 10);
        group.observe(7, 10);
      },
    ],
    ['a committed offset beyond the end', 'commit-beyond-end', (group) => group.observe(9, 8)],
    ['a commit that was confirmed beyond the end', 'commit-beyond-end', (group) => group.commit(0, 11)],
    ['another record than was stored', 'divergent', (group) => group.ledger.handOut(misread, group.ledger.confirmed())],
  ];
  test.each(injected)('finds %s: %s', (_, kind, inject) => {
    const group = SoundGroup.throughAllBut(0);
    inject(group);
    expect(group.judged()).toEqual([kind]);
  });

  test('finds a record that nobody got, even when it is committed', () => {
    const group = SoundGroup.throughAllBut(1);
    for (const partition of [0, 1]) group.commit(partition, 10);
    expect(group.judged()).toEqual(['never-handed-out']);
    expect(group.log.anomalyCounts.get('never-handed-out')).toBe(2);
  });
});

const misread = { partition: 0, offset: 7, id: 999 };

import { describe, expect, test } from 'vitest';
import type { World } from './asking.ts';
import type { FinalPartition } from './final-read.ts';
import { checkFsyncOrder } from './fsync-order.ts';
import { HistoryFile } from './history-file.ts';
import { Progress } from './readers.ts';
import { type AnomalyKind, idOf, keyOf, RunLog, recordValue } from './run-log.ts';
import { type Cleanup, judge } from './verdict.ts';

const keepsAll: Cleanup = { compacts: false, deletes: false };

/** A sound run: two writers, ten records each in turn, all acknowledged, one subscriber that got them all. */
class SoundRun {
  readonly log = new RunLog('orders', new HistoryFile('/dev/null'));
  readonly progress = new Progress({ log: this.log, partitionCount: 1 } as World, 'the subscriber');
  final: FinalPartition;

  constructor() {
    const records: FinalPartition['records'][number][] = [];
    const batches: FinalPartition['batches'][number][] = [];
    for (let offset = 0; offset < 20; offset += 1) {
      const id = this.log.newId(offset % 2);
      records.push({ offset, id, key: keyOf(id) });
      const producer = { producerId: offset % 2, producerEpoch: 0, baseSequence: Math.floor(offset / 2) };
      batches.push({ baseOffset: offset, ...producer, span: 1 });
      this.ack(id, offset);
      this.progress.receive(0, offset, recordValue(id));
    }
    this.final = { partition: 0, logStartOffset: 0, highWatermark: 20, records, batches };
  }

  /** Acknowledged one after another. */
  ack(id: number, offset: number): void {
    this.log.see(0, offset, id, 'an ack');
    this.log.acks.push({ id, partition: 0, offset, sentAtMs: offset * 10 + 1, ackedAtMs: offset * 10 + 9 });
  }

  change(changed: Partial<FinalPartition>): void {
    this.final = { ...this.final, ...changed };
  }

  judged(cleanup: Cleanup = keepsAll): AnomalyKind[] {
    judge(this.log, [this.final], [this.progress], cleanup);
    return [...new Set(this.log.anomalies.map(({ kind }) => kind))].sort();
  }
}

test('a value tells its record, and nothing else passes for one', () => {
  expect(idOf(recordValue(17))).toBe(17);
  for (const other of ['', '17', 'x17..', '17..x', '1.5']) expect(idOf(other)).toBeNaN();
});

describe('the verdict', () => {
  test('passes a sound run', () => {
    expect(new SoundRun().judged()).toEqual([]);
  });

  const injected: readonly [what: string, kind: AnomalyKind, inject: (run: SoundRun) => void][] = [
    [
      'a tail that was cut off',
      'lost',
      (run) => run.change({ highWatermark: 18, records: run.final.records.slice(0, 18) }),
    ],
    ['a hole in the middle', 'gap', (run) => run.change({ records: run.final.records.filter((_, at) => at !== 7) })],
    ['a hole at the end', 'gap', (run) => run.change({ highWatermark: 21 })],
    [
      'a record stored twice',
      'duplicate',
      (run) => run.change({ highWatermark: 21, records: [...run.final.records, { offset: 20, id: 3, key: null }] }),
    ],
    [
      'two records that changed places',
      'moved',
      (run) =>
        run.change({ records: run.final.records.map((record, at) => ({ ...record, id: [...swapped(4, 6)][at]! })) }),
    ],
    [
      'a value that nobody sent',
      'phantom',
      (run) => run.change({ highWatermark: 21, records: [...run.final.records, { offset: 20, id: 999, key: null }] }),
    ],
    ['a record behind the end', 'phantom', (run) => run.change({ highWatermark: 19 })],
    [
      'a sequence that was skipped',
      'sequence',
      (run) => run.change({ batches: run.final.batches.filter(({ baseOffset }) => baseOffset !== 5) }),
    ],
    ['a read that differs from another', 'divergent', (run) => run.log.see(0, 9, 2, 'a reader')],
    ['a read of what is gone', 'lost', (run) => run.log.see(0, 25, run.log.newId(0), 'a reader')],
    ['a record that is delivered again', 'delivered-twice', (run) => run.progress.receive(0, 19, recordValue(19))],
    ['a subscriber that stopped early', 'behind', (run) => void run.progress.next.splice(0, 1, 19)],
    [
      'a subscriber that was led past a record',
      'skipped',
      (run) => run.progress.skipped.push({ partition: 0, from: 3, to: 4 }),
    ],
    [
      'a later append before an earlier one',
      'real-time-order',
      (run) => void run.log.acks.splice(0, 1, { ...run.log.acks[0]!, sentAtMs: 500, ackedAtMs: 510 }),
    ],
  ];
  test.each(injected)('finds %s: %s', (_, kind, inject) => {
    const run = new SoundRun();
    inject(run);
    expect(run.judged()).toContain(kind);
  });

  test('lets retention take what lies below the log start, and nothing above it', () => {
    const deletes = { compacts: false, deletes: true };
    const run = new SoundRun();
    run.change({ logStartOffset: 5, records: run.final.records.slice(5), batches: run.final.batches.slice(5) });
    expect(run.judged(deletes)).toEqual([]);
    const overdone = new SoundRun();
    overdone.change({ logStartOffset: 5, records: overdone.final.records.slice(6), batches: [] });
    expect(overdone.judged(deletes)).toContain('lost');
  });

  test('lets compaction take a record whose key has a later one, and no other', () => {
    const compacts = { compacts: true, deletes: false };
    const run = new SoundRun();
    const again = 200;
    while (run.log.writerOf.length < again) run.log.newId(5);
    const id = run.log.newId(0);
    expect(keyOf(id)).toBe(keyOf(0));
    run.ack(id, 20);
    run.progress.receive(0, 20, recordValue(id));
    const records = [...run.final.records.slice(1), { offset: 20, id, key: keyOf(id) }];
    run.change({ records, highWatermark: 21 });
    expect(run.judged(compacts)).toEqual([]);
    const overdone = new SoundRun();
    overdone.change({ records: overdone.final.records.slice(1) });
    expect(overdone.judged(compacts)).toContain('lost');
  });
});

/** The ids 0 to 19 with two of them in each other's place. */
function* swapped(one: number, other: number): Generator<number> {
  for (let id = 0; id < 20; id += 1) yield id === one ? other : id === other ? one : id;
}

describe('the order of fsync and answer', () => {
  const log = `7 ${'pwrite64'}(47</d/storage/do/millrace-Partition/${'a'.repeat(64)}.sqlite-wal>, "...", 24, 0) = 24`;
  const sync = log
    .replace('pwrite64', 'fsync')
    .replace(/, .*\)/, ')')
    .replace('= 24', '= 0');
  const answer = '9 sendto(44<socket:[1]>, "HTTP/1.1 200 OK\\r\\n"..., 129, MSG_NOSIGNAL, NULL, 0) = 129';

  test('passes an answer after the sync of what it tells', () => {
    expect(checkFsyncOrder([log, log, sync, answer, log, sync, answer].join('\n'))).toEqual({
      answers: 2,
      anomalies: [],
    });
  });

  test.each([
    ['without a sync', [log, answer]],
    ['before the sync', [log, answer, sync]],
    ['after a sync that came before the last write', [log, sync, log, answer]],
    ['while the sync is under way', [log, sync.replace(') = 0', ' <unfinished ...>'), answer]],
    ['without a write', [answer]],
  ])('finds an answer %s', (_, lines) => {
    expect(checkFsyncOrder(lines.join('\n')).anomalies).toHaveLength(1);
  });
});

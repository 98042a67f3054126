import { describe, expect, test } from 'vitest';
import type { FinalPartition } from './final-read.ts';
import { HistoryFile } from './history-file.ts';
import { type AnomalyKind, keyOf, RunLog } from './run-log.ts';
import { decisionOn, type Letter, type ShareCounts, ShareLedger } from './share-ledger.ts';

/** Forty records of one partition, two of them rejected, all decided at once and confirmed. */
class SoundShare {
  readonly log = new RunLog('jobs', new HistoryFile('/dev/null'));
  readonly ledger = new ShareLedger(this.log);
  readonly places = Array.from({ length: 40 }, (_, offset) => ({ partition: 0, offset, id: this.log.newId(0) }));
  letters: Letter[];
  counts: ShareCounts;

  /** `undecided` is left to the test. */
  constructor(undecided = -1) {
    for (const place of this.places) {
      if (place.offset === undecided) continue;
      this.ledger.handOut(place, this.log.now());
      this.ledger.decide(place, decisionOn(place.id, 2), 'done');
    }
    const rejected = this.places.filter(({ id }) => decisionOn(id, 1) === 'reject');
    this.letters = rejected.map((place) => ({ ...place, reason: 'rejected' }));
    const dead = rejected.length;
    this.counts = { available: 0, acquired: 0, accepted: 40 - dead, archived: 0, dead_letters: 0, dead_lettered: dead };
  }

  judged(): AnomalyKind[] {
    const records = this.places.map(({ offset, id }) => ({ offset, id, key: keyOf(id) }));
    const final: FinalPartition = { partition: 0, logStartOffset: 0, highWatermark: 40, records, batches: [] };
    this.ledger.judge([final], this.letters, this.counts);
    return [...this.log.anomalyCounts.keys()].sort();
  }
}

const ordinary = 7;

describe('the verdict on a share group', () => {
  test('rejects some, releases some once, and accepts the rest', () => {
    const group = new SoundShare();
    expect(group.letters.map(({ id }) => id)).toEqual([0, 20]);
    expect([decisionOn(37, 1), decisionOn(37, 2), decisionOn(ordinary, 1)]).toEqual(['release', 'accept', 'accept']);
  });

  test('passes one that decided on each record once', () => {
    expect(new SoundShare().judged()).toEqual([]);
  });

  test('lets a record come again whose decision had no answer, came too late, or was to let it go', () => {
    for (const [decision, told] of [
      ['accept', 'unknown'],
      ['accept', 'late'],
      ['release', 'done'],
    ] as const) {
      const group = new SoundShare(ordinary);
      const place = group.places[ordinary]!;
      group.ledger.handOut(place, group.log.now());
      group.ledger.decide(place, decision, told);
      group.ledger.handOut(place, group.log.now());
      group.ledger.decide(place, 'accept', 'done');
      expect(group.judged()).toEqual([]);
    }
  });

  test('takes an acceptance without an answer for one when the record does not come again', () => {
    const group = new SoundShare(ordinary);
    group.ledger.decide(group.places[ordinary]!, 'accept', 'unknown');
    expect(group.judged()).toEqual([]);
  });

  test('lets a record die that was delivered too often, if nobody accepted it', () => {
    const group = new SoundShare(ordinary);
    group.letters.push({ ...group.places[ordinary]!, reason: 'delivery-limit' });
    group.counts = { ...group.counts, accepted: 37, dead_lettered: 3 };
    expect(group.judged()).toEqual([]);
  });

  const letterOf = (group: SoundShare, offset: number, reason: string): Letter => ({
    ...group.places[offset]!,
    reason,
  });
  const injected: readonly [what: string, kinds: AnomalyKind[], inject: (group: SoundShare) => void][] = [
    [
      'a record handed out after its decision',
      ['decided-twice'],
      (group) => group.ledger.handOut(group.places[ordinary]!, group.log.now()),
    ],
    [
      'a record accepted twice',
      ['decided-twice'],
      (group) => group.ledger.decide(group.places[ordinary]!, 'accept', 'done'),
    ],
    [
      'a dead letter of a record that was accepted',
      ['decided-twice', 'miscounted'],
      (group) => void group.letters.push(letterOf(group, ordinary, 'delivery-limit')),
    ],
    ['a dead letter that is missing', ['letter-missing', 'miscounted'], (group) => void group.letters.pop()],
    [
      'a dead letter that is there twice',
      ['letter-twice', 'miscounted'],
      (group) => void group.letters.push(letterOf(group, 20, 'rejected')),
    ],
    [
      'a dead letter of no record',
      ['letter-unfounded', 'miscounted'],
      (group) => void group.letters.push({ partition: 0, offset: 99, id: 99, reason: 'rejected' }),
    ],
    [
      'a dead letter with the bytes of another record',
      ['letter-unfounded'],
      (group) => void group.letters.splice(1, 1, { ...letterOf(group, 20, 'rejected'), id: 0 }),
    ],
    [
      'a group that still holds a record',
      ['miscounted'],
      (group) => {
        group.counts = { ...group.counts, acquired: 1, accepted: 37 };
      },
    ],
    [
      'a group that dropped a record',
      ['miscounted'],
      (group) => {
        group.counts = { ...group.counts, archived: 1, accepted: 37 };
      },
    ],
  ];
  test.each(injected)('finds %s: %s', (_, kinds, inject) => {
    const group = new SoundShare();
    inject(group);
    expect(group.judged()).toEqual(kinds);
  });

  test('finds a record that nobody decided on, and one that was only rejected by mistake', () => {
    expect(new SoundShare(ordinary).judged()).toEqual(['undecided']);
    const mistaken = new SoundShare(ordinary);
    mistaken.letters.push(letterOf(mistaken, ordinary, 'rejected'));
    mistaken.counts = { ...mistaken.counts, accepted: 37, dead_lettered: 3 };
    expect(mistaken.judged()).toEqual(['letter-unfounded']);
  });

  test('finds another record than was stored', () => {
    const group = new SoundShare();
    group.ledger.handOut({ ...group.places[ordinary]!, id: 999 }, 0);
    group.log.see(0, ordinary, group.places[ordinary]!.id, 'the final log');
    expect(group.judged()).toEqual(['divergent']);
  });
});

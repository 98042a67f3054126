import { describe, expect, it } from 'vitest';
import { partitionKey } from '../../src/groups/assignors/assignor.ts';
import { decisionsOf } from '../../src/kafka/share/acknowledgement-batches.ts';
import { ShareSession } from '../../src/kafka/share/share-session.ts';

const key = partitionKey('topic', 0);
const taken = (lockId: string, ...ranges: (readonly [number, number])[]) => ({
  lockId,
  records: new Uint8Array(0),
  acquired: ranges.map(([first, last]) => ({ first, last, deliveryCount: 1 })),
  highWatermark: 100,
  nextChangeInMs: null,
});
const batch = (firstOffset: number, lastOffset: number, ...acknowledgeTypes: number[]) => ({
  firstOffset,
  lastOffset,
  acknowledgeTypes,
});

describe('a share session', () => {
  it('knows under which lock each offset was given', () => {
    const session = new ShareSession('group', 'member');
    session.keep(key, taken('one', [0, 4]), 0, 1_000);
    session.keep(key, taken('two', [5, 9]), 0, 1_000);
    expect(session.decisionsFor(key, [{ from: 3, to: 6, type: 'accept' }])).toEqual([
      { from: 3, to: 4, lockId: 'one', type: 'accept' },
      { from: 5, to: 6, lockId: 'two', type: 'accept' },
    ]);
    expect(session.decisionsFor(key, [{ from: 8, to: 10, type: 'accept' }])).toBeNull();
  });

  it('forgets what was decided and what ran out, and holds what was renewed', () => {
    const session = new ShareSession('group', 'member');
    session.keep(key, taken('one', [0, 9]), 0, 1_000);
    session.settle(key, session.decisionsFor(key, [{ from: 2, to: 3, type: 'accept' }])!, 0, 1_000);
    session.settle(key, session.decisionsFor(key, [{ from: 4, to: 5, type: 'renew' }])!, 900, 1_000);
    session.keep(key, taken('two', [20, 20]), 1_500, 1_000);
    expect(session.releases()).toEqual([
      {
        topicId: 'topic',
        partition: 0,
        decisions: [
          { from: 4, to: 5, lockId: 'one', type: 'release' },
          { from: 20, to: 20, lockId: 'two', type: 'release' },
        ],
      },
    ]);
  });

  it('holds an offset under its newest lock alone', () => {
    const session = new ShareSession('group', 'member');
    session.keep(key, taken('one', [0, 9]), 0, 1_000);
    session.keep(key, taken('two', [3, 4]), 500, 1_000);
    expect(session.decisionsFor(key, [{ from: 0, to: 9, type: 'accept' }])).toHaveLength(3);
    expect(session.decisionsFor(key, [{ from: 3, to: 4, type: 'accept' }])).toMatchObject([{ lockId: 'two' }]);
  });

  it('counts its epochs, and begins anew after the highest', () => {
    const session = new ShareSession('group', 'member');
    session.epoch = 0x7fffffff;
    session.advance();
    expect(session.epoch).toBe(1);
  });
});

describe('batches of acknowledgements', () => {
  it('have one type for all or one for each offset', () => {
    expect(decisionsOf([batch(0, 2, 1), batch(5, 8, 1, 1, 3, 0)], false)).toEqual({
      ok: true,
      value: [
        { from: 0, to: 2, type: 'accept' },
        { from: 5, to: 6, type: 'accept' },
        { from: 7, to: 7, type: 'reject' },
        { from: 8, to: 8, type: 'gap' },
      ],
    });
  });

  it.each([
    ['no type', [batch(0, 2)], true],
    ['too few types', [batch(0, 2, 1, 1)], true],
    ['an unknown type', [batch(0, 0, 5)], true],
    ['offsets that end before they begin', [batch(2, 1, 1)], true],
    ['batches that overlap', [batch(0, 2, 1), batch(2, 3, 1)], true],
    ['a negative offset', [batch(-1, 0, 1)], true],
    ['a renewal that was not announced', [batch(0, 0, 4)], false],
  ])('are refused with %s', (_name, batches, mayRenew) => {
    expect(decisionsOf(batches, mayRenew)).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConnectionCounts, connectionMemoryMs } from '../../src/tenancy/connection-counts.ts';

const bounds = (organization: number | null, key: number | null = null) => ({ organization, ofAccount: () => key });

it('lets in as many as there may be, whoever holds them, and turns away those that came last', () => {
  const counts = new ConnectionCounts();
  const settle = (holder: string, account: string, count: number) =>
    counts.settle(holder, [{ account, count }], bounds(5, 3), 0)[0];
  expect(settle('relay 1', 'ann', 2)).toMatchObject({ excess: 0 });
  expect(settle('relay 2', 'ann', 2)).toEqual({ account: 'ann', excess: 1, max: 3 });
  expect(settle('relay 2', 'bob', 3)).toMatchObject({ excess: 0 });
  expect(settle('relay 3', 'eve', 1)).toEqual({ account: 'eve', excess: 1, max: 5 });
  // A place that somebody left is free for another.
  expect(settle('relay 1', 'ann', 1)).toMatchObject({ excess: 0 });
  expect(settle('relay 3', 'eve', 1)).toMatchObject({ excess: 0 });
});

it('lets stay what was let in when the cap is lowered', () => {
  const counts = new ConnectionCounts();
  expect(counts.settle('relay', [{ account: 'ann', count: 8 }], bounds(10), 0)).toMatchObject([{ excess: 0 }]);
  expect(counts.settle('relay', [{ account: 'ann', count: 9 }], bounds(2), 0)).toEqual([
    { account: 'ann', excess: 1, max: 2 },
  ]);
});

it('forgets a holder that has said nothing for long', () => {
  const counts = new ConnectionCounts();
  counts.settle('gone', [{ account: 'ann', count: 2 }], bounds(2), 0);
  const settle = (nowMs: number) => counts.settle('new', [{ account: 'ann', count: 1 }], bounds(2), nowMs);
  expect(settle(connectionMemoryMs - 1)).toMatchObject([{ excess: 1 }]);
  expect(settle(connectionMemoryMs)).toMatchObject([{ excess: 0 }]);
});

it('never lets in more than the caps, and always as many as they leave room for', () => {
  const report = fc.record({
    holder: fc.constantFrom('a', 'b', 'c'),
    ann: fc.nat(6),
    bob: fc.nat(6),
  });
  fc.assert(
    fc.property(fc.array(report, { maxLength: 30 }), fc.integer({ min: 0, max: 8 }), (reports, cap) => {
      const counts = new ConnectionCounts();
      const kept = new Map<string, number>();
      for (const { holder, ann, bob } of reports) {
        const held = [
          { account: 'ann', count: ann },
          { account: 'bob', count: bob },
        ];
        const left = counts.settle(holder, held, bounds(cap), 0).map(({ excess }, at) => held[at]!.count - excess);
        kept.set(holder, left[0]! + left[1]!);
        const total = [...kept.values()].reduce((sum, count) => sum + count, 0);
        expect(total).toBeLessThanOrEqual(cap);
        expect(left[0]! + left[1]! === ann + bob || total === cap).toBe(true);
      }
    }),
  );
});

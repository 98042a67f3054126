import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AckLedger } from '../../../src/cli/input/ack-ledger.ts';

test('knows through which line everything is stored, in whatever order the answers come', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(sizes, fc.nat(9), fc.infiniteStream(fc.nat()), fc.nat(12), (counts, skip, draws, answeredMax) => {
      const ledger = new AckLedger(skip);
      let line = skip + 1;
      const groups = counts.map((count) => {
        const group = { count, last: line + count - 1, answer: ledger.open(line, count) };
        line += count;
        return group;
      });
      const answered = new Set<number>();
      for (let turn = 0; turn < Math.min(answeredMax, groups.length); turn++) {
        const open = groups
          .keys()
          .filter((index) => !answered.has(index))
          .toArray();
        const index = open[draws.next().value! % open.length]!;
        answered.add(index);
        groups[index]!.answer(
          Array.from({ length: groups[index]!.count }, (_, n) => ({ partition: 0, offset: n, timestamp: 0 })),
        );
      }
      const firstOpen = groups.findIndex((_, index) => !answered.has(index));
      const through = firstOpen === -1 ? groups.at(-1)!.last : (groups[firstOpen - 1]?.last ?? skip);
      const stored = [...answered].reduce((sum, index) => sum + counts[index]!, 0);
      expect(ledger.storedThrough).toBe(through);
      expect(ledger.stored).toBe(stored);
      expect(ledger.storedBeyond).toBe(stored - (through - skip));
    }),
  );
});

test('keeps the range of each partition', () => {
  const ledger = new AckLedger(0);
  ledger.open(
    1,
    3,
  )([
    { partition: 1, offset: 8, timestamp: 0 },
    { partition: 0, offset: 3, timestamp: 0 },
    { partition: 1, offset: 7, timestamp: 0 },
  ]);
  expect(Object.fromEntries(ledger.partitions)).toEqual({
    0: { firstOffset: 3, lastOffset: 3, records: 1 },
    1: { firstOffset: 7, lastOffset: 8, records: 2 },
  });
});

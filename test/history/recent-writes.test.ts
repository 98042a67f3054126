import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  noRecentWrites,
  type RecentWrites,
  readRecent,
  takeReport,
  writeRecent,
} from '../../src/history/recent-writes.ts';

const recordsOf = ({ minutes }: RecentWrites) => minutes.reduce((sum, { values }) => sum + (values.recordsIn ?? 0), 0);

test('what a partition tells is entered once, however often and in whatever order reports come, and in whatever lives', () => {
  const life = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(life, { minLength: 1, maxLength: 4 }), (lives) => {
      let recent = noRecentWrites;
      let total = 0;
      for (const [number, increments] of lives.entries()) {
        let recordsIn = 0;
        for (const increment of increments) {
          const overtaken = { sinceMs: number, recordsIn, bytesIn: recordsIn * 10 };
          recordsIn += increment;
          const report = { sinceMs: number, recordsIn, bytesIn: recordsIn * 10 };
          for (const told of [report, report, overtaken]) {
            recent = readRecent(writeRecent(takeReport(recent, told, 90_000)));
          }
        }
        total += recordsIn;
      }
      expect(recordsOf(recent)).toBe(total);
    }),
  );
});

test('a bounded number of minutes is kept, those in which something was written last', () => {
  let recent = noRecentWrites;
  for (let minute = 1; minute <= 100; minute += 1) {
    recent = takeReport(recent, { sinceMs: 1, recordsIn: minute, bytesIn: minute }, minute * 60_000);
    recent = takeReport(recent, { sinceMs: 1, recordsIn: minute, bytesIn: minute }, (minute + 0.5) * 60_000);
  }
  expect(recent.minutes.map(({ startMs }) => startMs / 60_000)).toEqual(Array.from({ length: 30 }, (_, i) => 71 + i));
});

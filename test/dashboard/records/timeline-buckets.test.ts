import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { histogramOf } from '../../../dashboard/src/records/timeline-buckets.ts';
import type { TopicTimeline } from '../../../src/client/index.ts';

type Log = TopicTimeline['partitions'][number];

function log(firstTimestamp: number | null, points: Log['points'], logStartOffset = 0): Log {
  const highWatermark = points.at(-1)?.offset ?? logStartOffset;
  return { partition: 0, logStartOffset, highWatermark, firstTimestamp, points };
}

const countsOf = (timeline: TopicTimeline, count: number) =>
  histogramOf(timeline, count)?.buckets.map(({ records }) => Math.round(records));

describe('a histogram of a timeline', () => {
  test('divides the records between two points evenly', () => {
    const one = log(0, [
      { offset: 100, timestamp: 499 },
      { offset: 110, timestamp: 999 },
    ]);
    expect(countsOf({ partitionCount: 1, partitions: [one] }, 4)).toEqual([50, 50, 5, 5]);
  });

  test('adds up partitions, and lets those that were asked stand for all', () => {
    const one = log(0, [{ offset: 10, timestamp: 999 }]);
    expect(countsOf({ partitionCount: 6, partitions: [one, one, log(null, [])] }, 2)).toEqual([20, 20]);
  });

  test('is none of what is empty', () => {
    expect(histogramOf({ partitionCount: 1, partitions: [log(null, [])] }, 4)).toBeNull();
  });

  test('has every record of the logs once, whatever their points', () => {
    const step = fc.record({ records: fc.nat(50), ms: fc.nat(10_000) });
    const anyLog = fc.record({ first: fc.nat(1e9), start: fc.nat(100), steps: fc.array(step, { minLength: 1 }) });
    fc.assert(
      fc.property(fc.array(anyLog, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 80 }), (logs, count) => {
        let total = 0;
        const partitions = logs.map(({ first, start, steps }) => {
          let point = { offset: start, timestamp: first };
          const points = steps.map(({ records, ms }) => {
            point = { offset: point.offset + records, timestamp: point.timestamp + ms };
            return point;
          });
          total += point.offset - start;
          return log(first, points, start);
        });
        const { buckets } = histogramOf({ partitionCount: logs.length, partitions }, count)!;
        expect(buckets.reduce((sum, { records }) => sum + records, 0)).toBeCloseTo(total, 4);
        for (const { records } of buckets) expect(records).toBeGreaterThanOrEqual(-1e-9);
      }),
    );
  });
});

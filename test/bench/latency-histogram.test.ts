import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LatencyHistogram } from '../../bench/latency-histogram.ts';

/** The histogram promises a percentile within 1/128 of the true one; below 128 us a bucket is one us wide. */
const relativeError = 1 / 128;
const absoluteErrorMs = 0.001;

describe('LatencyHistogram', () => {
  test('percentiles are those of the sorted values, within a bucket', () => {
    const latencies = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(latencies, fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.record(value);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil((values.length * percent) / 100) - 1]!;
        expect(Math.abs(histogram.percentileMs(percent) - exact)).toBeLessThanOrEqual(
          exact * relativeError + absoluteErrorMs,
        );
      }),
    );
  });

  test('counts what was recorded and has no percentile of nothing', () => {
    const histogram = new LatencyHistogram();
    expect(histogram.percentileMs(99)).toBe(0);
    histogram.record(1);
    histogram.record(2);
    expect(histogram.total).toBe(2);
  });

  test('a latency beyond its range counts as the longest one', () => {
    const histogram = new LatencyHistogram();
    histogram.record(3_600_000);
    expect(histogram.percentileMs(50)).toBeGreaterThan(60_000);
  });
});

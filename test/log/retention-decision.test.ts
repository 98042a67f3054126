import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decideRetention,
  type RetainedSegment,
  type RetentionState,
  segmentTimeMs,
} from '../../src/log/maintenance/retention-decision.ts';

const nowMs = 1_000_000;

const segmentSizes = fc.record({
  records: fc.integer({ min: 1, max: 5 }),
  maxTimestampMs: fc.oneof(fc.integer({ min: 0, max: nowMs }), fc.constantFrom(-1, nowMs * 1_000)),
  lastAppendMs: fc.integer({ min: 0, max: nowMs }),
  sizeBytes: fc.integer({ min: 1, max: 50 }),
});

const segmentLists = fc.array(segmentSizes, { maxLength: 8 }).map((sizes) => {
  let next = 0;
  return sizes.map(({ records, ...rest }): RetainedSegment => {
    next += records;
    return { ...rest, lastOffset: next - 1 };
  });
});

const states = (segments: readonly RetainedSegment[]) => {
  const end = (segments.at(-1)?.lastOffset ?? -1) + 1;
  return fc.record({
    config: fc.record({
      cleanupPolicy: fc.constantFrom('delete' as const, 'compact' as const, 'compact,delete' as const),
      retentionMs: fc.oneof(fc.integer({ min: -1, max: nowMs }), fc.constant(Number.MAX_SAFE_INTEGER)),
      retentionBytes: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 300 })),
    }),
    nowMs: fc.constant(nowMs),
    totalBytes: fc.constant(segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
    logStartOffset: fc.integer({ min: 0, max: end }),
    lastStableOffset: fc.integer({ min: 0, max: end }),
  });
};

const cases = segmentLists.chain((segments) => fc.tuple(fc.constant(segments), states(segments)));

/** Kafka's rule, said of one segment at a time. */
function isKept(segments: readonly RetainedSegment[], index: number, state: RetentionState): boolean {
  const segment = segments[index]!;
  const { config } = state;
  if (segment.lastOffset >= state.lastStableOffset) return true;
  if (segment.lastOffset < state.logStartOffset) return false;
  if (config.cleanupPolicy === 'compact') return true;
  const isExpired =
    config.retentionMs >= 0 &&
    config.retentionMs < Number.MAX_SAFE_INTEGER &&
    nowMs - segmentTimeMs(segment) > config.retentionMs;
  const bytesAfter = segments.slice(index + 1).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return !isExpired && !(config.retentionBytes >= 0 && bytesAfter >= config.retentionBytes);
}

test('[I-11b] drops exactly the leading segments that nothing keeps', () => {
  fc.assert(
    fc.property(cases, ([segments, state]) => {
      const { dropCount } = decideRetention(segments, state);
      const firstKept = segments.findIndex((_, index) => isKept(segments, index, state));
      expect(dropCount).toBe(firstKept < 0 ? segments.length : firstKept);
    }),
    { numRuns: 2_000 },
  );
});

test('the next expiry is when the first kept segment goes by time alone, not before and not later', () => {
  fc.assert(
    fc.property(cases, ([segments, given]) => {
      const state = { ...given, config: { ...given.config, retentionBytes: -1 }, lastStableOffset: 1_000 };
      const { dropCount, nextExpiryMs } = decideRetention(segments, state);
      const rest = segments.slice(dropCount);
      if (nextExpiryMs === null) {
        expect(decideRetention(rest, { ...state, nowMs: nowMs * 2_000 }).dropCount).toBe(0);
        return;
      }
      expect(decideRetention(rest, { ...state, nowMs: nextExpiryMs - 1 }).dropCount).toBe(0);
      expect(decideRetention(rest, { ...state, nowMs: nextExpiryMs }).dropCount).toBeGreaterThan(0);
    }),
    { numRuns: 2_000 },
  );
});

test('a timestamp in the far future counts as the time of the last append, and one that is missing too', () => {
  const segment = { lastOffset: 0, lastAppendMs: 500, sizeBytes: 1 };
  expect(segmentTimeMs({ ...segment, maxTimestampMs: 4_000_000_000_000 })).toBe(500);
  expect(segmentTimeMs({ ...segment, maxTimestampMs: -1 })).toBe(500);
  expect(segmentTimeMs({ ...segment, maxTimestampMs: 400 })).toBe(400);
});

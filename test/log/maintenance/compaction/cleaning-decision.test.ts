import { describe, expect, it } from 'vitest';
import {
  type CleaningState,
  compactedSegmentBytesMax,
  decideCleaning,
  groupLength,
} from '../../../../src/log/maintenance/compaction/cleaning-decision.ts';

const never = Number.MAX_SAFE_INTEGER;
const nowMs = 1_000_000;

const stateWith = (config: Partial<CleaningState['config']>, rest: Partial<CleaningState> = {}): CleaningState => ({
  config: { minCleanableDirtyRatio: 0.5, minCompactionLagMs: 0, maxCompactionLagMs: never, ...config },
  nowMs,
  cleanBytes: 100,
  lastStableOffset: 1_000,
  ...rest,
});

/** Segments of ten offsets each, a minute apart, the last one appended to just now. */
const segments = (...sizes: number[]) =>
  sizes.map((sizeBytes, index) => ({
    lastOffset: index * 10 + 9,
    createdAtMs: nowMs - (sizes.length - index) * 60_000,
    maxTimestampMs: nowMs - (sizes.length - index - 1) * 60_000,
    lastAppendMs: nowMs - (sizes.length - index - 1) * 60_000,
    sizeBytes,
  }));

describe('decideCleaning', () => {
  it('cleans all that is sealed once the dirty share is reached', () => {
    expect(decideCleaning(segments(50, 50), stateWith({}))).toEqual({
      endOffset: 20,
      cleanableRatio: 0.5,
      nextCheckMs: null,
    });
    expect(decideCleaning(segments(50, 49), stateWith({}))).toMatchObject({ endOffset: null, nextCheckMs: null });
    expect(decideCleaning([], stateWith({ minCleanableDirtyRatio: 0 }))).toEqual({
      endOffset: null,
      cleanableRatio: 0,
      nextCheckMs: null,
    });
    expect(decideCleaning(segments(1), stateWith({ minCleanableDirtyRatio: 1 }, { cleanBytes: 0 })).endOffset).toBe(10);
  });

  it('leaves alone what is younger than min.compaction.lag.ms, and says when it is not any more', () => {
    const state = stateWith({ minCompactionLagMs: 90_000 });
    expect(decideCleaning(segments(200, 200, 200), state)).toMatchObject({ endOffset: 10, cleanableRatio: 200 / 300 });
    expect(decideCleaning(segments(10, 200, 200), state)).toMatchObject({
      endOffset: null,
      nextCheckMs: nowMs - 60_000 + 90_000,
    });
    expect(decideCleaning(segments(10), stateWith({ minCompactionLagMs: never })).nextCheckMs).toBeNull();
  });

  it('takes a timestamp in the far future for the time of the append', () => {
    const [segment] = segments(500);
    const future = { ...segment!, maxTimestampMs: nowMs * 1_000, lastAppendMs: nowMs - 60_000 };
    expect(decideCleaning([future], stateWith({ minCompactionLagMs: 60_000 })).endOffset).toBe(10);
  });

  it('cleans at the latest when max.compaction.lag.ms is over for the oldest of it', () => {
    const dirty = segments(1, 1, 1);
    expect(decideCleaning(dirty, stateWith({ maxCompactionLagMs: 180_000 })).endOffset).toBe(30);
    expect(decideCleaning(dirty, stateWith({ maxCompactionLagMs: 180_001 }))).toMatchObject({
      endOffset: null,
      nextCheckMs: nowMs + 1,
    });
  });

  it('never goes beyond the last stable offset', () => {
    expect(decideCleaning(segments(500, 500), stateWith({}, { lastStableOffset: 15 })).endOffset).toBe(10);
    expect(decideCleaning(segments(500), stateWith({}, { lastStableOffset: 9 })).endOffset).toBeNull();
  });
});

describe('groupLength', () => {
  const local = (sizeBytes: number) => ({ sizeBytes, objectKey: null });
  const remote = (sizeBytes: number) => ({ sizeBytes, objectKey: 'key' });

  it('takes neighbours in one place that fit together, at least one and not too many', () => {
    const half = compactedSegmentBytesMax / 2;
    expect(groupLength([local(half), local(half), local(1)])).toBe(2);
    expect(groupLength([local(half + 1), local(half)])).toBe(1);
    expect(groupLength([remote(compactedSegmentBytesMax + 1), remote(1)])).toBe(1);
    expect(groupLength([remote(1), remote(1), local(1)])).toBe(2);
    expect(groupLength(Array.from({ length: 100 }, () => local(1)))).toBe(64);
  });
});

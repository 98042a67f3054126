import type { TopicConfig } from '../../topics/topic-config.ts';
import { doesDelete } from '../cleanup-policy.ts';

/** A segment as retention judges it: where its batches are does not matter. */
export type RetainedSegment = {
  readonly lastOffset: number;
  /** The largest timestamp in it, or -1 when no record has one. */
  readonly maxTimestampMs: number;
  /** When it was last appended to. */
  readonly lastAppendMs: number;
  readonly sizeBytes: number;
};

export type RetentionState = {
  readonly config: Pick<TopicConfig, 'cleanupPolicy' | 'retentionMs' | 'retentionBytes'>;
  readonly nowMs: number;
  /** Of the whole log, the open segment included. */
  readonly totalBytes: number;
  readonly logStartOffset: number;
  /** Nothing at or above it is deleted, whatever its age: it may still change for some readers. */
  readonly lastStableOffset: number;
};

export type RetentionDecision = {
  /** How many of the given segments go, from the first on. */
  readonly dropCount: number;
  /** When the first segment that stays expires; null when time alone does not end it. */
  readonly nextExpiryMs: number | null;
};

/**
 * How old a segment counts as: its largest timestamp, as in Kafka, but never later than its last append, so that a
 * producer whose clock is ahead by years does not keep it for years.
 */
export function segmentTimeMs({ maxTimestampMs, lastAppendMs }: RetainedSegment): number {
  return maxTimestampMs < 0 ? lastAppendMs : Math.min(maxTimestampMs, lastAppendMs);
}

/** When a segment expires by `retention.ms`; null when it never does. */
export function segmentExpiryMs(config: RetentionState['config'], segment: RetainedSegment): number | null {
  const isEndless = !doesDelete(config) || config.retentionMs < 0 || config.retentionMs >= endlessMs;
  return isEndless ? null : segmentTimeMs(segment) + config.retentionMs + 1;
}

/** No sum with a time of day leaves the safe integers below this; it is Long.MAX_VALUE, which means no limit, or as good as that. */
const endlessMs = Number.MAX_SAFE_INTEGER / 2;

/**
 * Which of the log's first segments, in order, are no longer kept (LocalLog.deletableSegments): those below the log
 * start, those that have expired, and those without which the log still has `retention.bytes`. Deleting ends at the
 * first segment that none of this holds for, so that the log never has a hole.
 */
export function decideRetention(segments: readonly RetainedSegment[], state: RetentionState): RetentionDecision {
  let { totalBytes } = state;
  let dropCount = 0;
  for (const segment of segments) {
    const expiryMs = segmentExpiryMs(state.config, segment);
    const isExpired = expiryMs !== null && expiryMs <= state.nowMs;
    const isDone = segment.lastOffset < state.logStartOffset || isExpired || isTooMuch(state, totalBytes, segment);
    if (!isDone || segment.lastOffset >= state.lastStableOffset) return { dropCount, nextExpiryMs: expiryMs };
    totalBytes -= segment.sizeBytes;
    dropCount += 1;
  }
  return { dropCount, nextExpiryMs: null };
}

function isTooMuch({ config }: RetentionState, totalBytes: number, segment: RetainedSegment): boolean {
  return doesDelete(config) && config.retentionBytes >= 0 && totalBytes - segment.sizeBytes >= config.retentionBytes;
}

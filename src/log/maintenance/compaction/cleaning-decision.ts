import { limits } from '../../../limits.ts';
import type { TopicConfig } from '../../../topics/topic-config.ts';
import { type RetainedSegment, segmentTimeMs } from '../retention-decision.ts';

/** A sealed segment that holds records which were not cleaned yet. */
export type DirtySegment = RetainedSegment & {
  /** When it was opened, so that none of its records is older. */
  readonly createdAtMs: number;
};

export type CleaningState = {
  readonly config: Pick<TopicConfig, 'minCleanableDirtyRatio' | 'minCompactionLagMs' | 'maxCompactionLagMs'>;
  readonly nowMs: number;
  /** Bytes of the segments that are clean. */
  readonly cleanBytes: number;
  readonly lastStableOffset: number;
};

export type CleaningDecision = {
  /** Up to where the log is to be cleaned now; null when it is not due. */
  readonly endOffset: number | null;
  /** The share of bytes that may be cleaned and are not clean, as far as they may be. */
  readonly cleanableRatio: number;
  /** When time alone may make it due; null when only more records do. */
  readonly nextCheckMs: number | null;
};

/** No sum with a time of day leaves the safe integers below this; it is Long.MAX_VALUE, which means never, or as good as that. */
const endlessMs = Number.MAX_SAFE_INTEGER / 2;

/** When records of a segment must be cleaned at the latest, by `max.compaction.lag.ms`; null when there is no such time. */
export function cleaningDeadlineMs(
  { maxCompactionLagMs }: Pick<TopicConfig, 'maxCompactionLagMs'>,
  createdAtMs: number,
): number | null {
  return maxCompactionLagMs >= endlessMs ? null : createdAtMs + maxCompactionLagMs;
}

/**
 * Whether a log is to be cleaned (LogCleanerManager.grabFilthiestCompactedLog): when enough of it is dirty, counting
 * only what `min.compaction.lag.ms` leaves alone no longer, or when `max.compaction.lag.ms` is over for any of it.
 */
export function decideCleaning(dirty: readonly DirtySegment[], state: CleaningState): CleaningDecision {
  const { config, nowMs, cleanBytes, lastStableOffset } = state;
  let cleanableBytes = 0;
  let endOffset = 0;
  let freeMs: number | null = null;
  for (const segment of dirty) {
    if (segment.lastOffset >= lastStableOffset) break;
    const freeAtMs = config.minCompactionLagMs === 0 ? nowMs : segmentTimeMs(segment) + config.minCompactionLagMs;
    if (freeAtMs > nowMs) {
      freeMs = config.minCompactionLagMs >= endlessMs ? null : freeAtMs;
      break;
    }
    cleanableBytes += segment.sizeBytes;
    endOffset = segment.lastOffset + 1;
  }
  const cleanableRatio = cleanableBytes === 0 ? 0 : cleanableBytes / (cleanBytes + cleanableBytes);
  const deadlineMs = dirty[0] === undefined ? null : cleaningDeadlineMs(config, dirty[0].createdAtMs);
  const isOverdue = deadlineMs !== null && deadlineMs <= nowMs;
  const isDue = cleanableBytes > 0 && (cleanableRatio >= config.minCleanableDirtyRatio || isOverdue);
  if (isDue) return { endOffset, cleanableRatio, nextCheckMs: null };
  return { endOffset: null, cleanableRatio, nextCheckMs: earliest(freeMs, isOverdue ? null : deadlineMs) };
}

function earliest(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.min(left, right);
}

/** Segments are merged up to this size: fewer objects to look up, and the most that one cleaning holds in memory. */
export const compactedSegmentBytesMax = limits.compactedSegmentBytes.value;

/** And up to this many, so that a swap of many small ones stays short. */
const segmentsPerGroup = 64;

/**
 * How many of the given segments are rewritten into one: consecutive ones that lie in the same place and fit together
 * even if nothing of them goes. At least one.
 */
export function groupLength(
  segments: readonly { readonly sizeBytes: number; readonly objectKey: string | null }[],
): number {
  let sizeBytes = 0;
  for (const [index, segment] of segments.slice(0, segmentsPerGroup).entries()) {
    sizeBytes += segment.sizeBytes;
    const isElsewhere = (segment.objectKey === null) !== (segments[0]?.objectKey === null);
    if (index > 0 && (isElsewhere || sizeBytes > compactedSegmentBytesMax)) return index;
  }
  return Math.min(segments.length, segmentsPerGroup);
}

import type { TopicTimeline } from '../../../src/client/index.ts';

/** Records that came in a stretch of time, about. */
export type Bucket = { readonly fromMs: number; readonly toMs: number; readonly records: number };

export type Histogram = { readonly fromMs: number; readonly toMs: number; readonly buckets: readonly Bucket[] };

/** Where a log stood at a time. */
type Mark = { readonly timestampMs: number; readonly offset: number };

/**
 * A histogram over time out of points of a topic's logs: between two points of a log its records are taken to have come
 * evenly. Where only some of the partitions were asked, these stand for all. Null when no record has a time.
 */
export function histogramOf(timeline: TopicTimeline, most: number): Histogram | null {
  const logs = timeline.partitions.map(marksOf).filter((marks) => marks.length > 1);
  if (logs.length === 0) return null;
  const fromMs = Math.min(...logs.map((marks) => marks[0]!.timestampMs));
  // The last record's own time is within the last bucket.
  const toMs = Math.max(...logs.map((marks) => marks.at(-1)!.timestampMs)) + 1;
  // No bucket is narrower than times are exact.
  const count = Math.min(most, toMs - fromMs);
  const widthMs = (toMs - fromMs) / count;
  const share = timeline.partitionCount / timeline.partitions.length;
  const buckets = Array.from({ length: count }, (_, index): Bucket => {
    const start = fromMs + index * widthMs;
    const end = index === count - 1 ? toMs : start + widthMs;
    const records = logs.reduce((sum, marks) => sum + offsetAt(marks, end) - offsetAt(marks, start), 0);
    return { fromMs: Math.round(start), toMs: Math.round(end), records: records * share };
  });
  return { fromMs, toMs, buckets };
}

/** From a time to before another. */
export type Range = { readonly fromMs: number; readonly toMs: number };

/** A log's marks, in the order of times, of which there is one each: the furthest offset. */
function marksOf({ logStartOffset, firstTimestamp, points }: TopicTimeline['partitions'][number]): readonly Mark[] {
  if (firstTimestamp === null) return [];
  const marks: Mark[] = [{ timestampMs: firstTimestamp, offset: logStartOffset }];
  for (const { timestamp, offset } of points) {
    const last = marks.at(-1)!;
    // Records of one time came at it and not before: a millisecond is the narrowest there is.
    marks.push({ timestampMs: Math.max(timestamp + 1, last.timestampMs), offset });
  }
  return marks;
}

/** Where the log stood then, about. */
function offsetAt(marks: readonly Mark[], timestampMs: number): number {
  const next = marks.findIndex((mark) => mark.timestampMs >= timestampMs);
  if (next === -1) return marks.at(-1)!.offset;
  const after = marks[next]!;
  const before = marks[next - 1];
  if (before === undefined) return after.timestampMs > timestampMs ? after.offset : marks[0]!.offset;
  const passed = (timestampMs - before.timestampMs) / Math.max(1, after.timestampMs - before.timestampMs);
  return before.offset + (after.offset - before.offset) * passed;
}

import { assert } from '../errors/assert.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { SegmentIndex } from './segment-index.ts';
import { segmentTable } from './segment-store.ts';

/** All records below `offset` were there when the largest timestamp of the log was this. */
export type TimelinePoint = { readonly offset: number; readonly timestampMs: number };

type SegmentEntry = {
  base_offset: number;
  last_offset: number | null;
  size_bytes: number | null;
  object_index: Uint8Array | null;
};

type RowEntry = { last_offset: number; max_timestamp: number };

/**
 * How the time of records grows along a log: up to `count` points at even distances of offsets, each as near as the
 * indexes say, which is at the end of a row or of 64 KiB of a tiered segment. It takes two rows a point, and no batch is
 * read. Offsets and times only grow.
 */
export function logTimeline(
  sql: SqlStore,
  { logStartOffset, highWatermark }: { readonly logStartOffset: number; readonly highWatermark: number },
  count: number,
): readonly TimelinePoint[] {
  const points: TimelinePoint[] = [];
  let reached: TimelinePoint = { offset: logStartOffset, timestampMs: -1 };
  for (let index = 1; index <= count; index += 1) {
    const offset = logStartOffset + Math.floor(((highWatermark - logStartOffset) * index) / count) - 1;
    if (offset < reached.offset) continue;
    const found = pointAt(sql, offset);
    if (found === null) continue;
    reached = {
      offset: Math.min(Math.max(found.offset, offset + 1), highWatermark),
      timestampMs: Math.max(reached.timestampMs, found.timestampMs),
    };
    points.push(reached);
  }
  return points;
}

/** The end of the row or stretch that holds an offset; null where compaction left nothing at or below it. */
function pointAt(sql: SqlStore, offset: number): TimelinePoint | null {
  const [segment] = sql.query<SegmentEntry>(
    `SELECT base_offset, last_offset, size_bytes, object_index FROM segments
     WHERE base_offset <= ? ORDER BY base_offset DESC LIMIT 1`,
    offset,
  );
  if (segment === undefined) return null;
  if (segment.object_index !== null) return pointInObject(segment, segment.object_index, offset);
  const [row] = sql.query<RowEntry>(
    `SELECT last_offset, max_timestamp FROM ${segmentTable(segment.base_offset)}
     WHERE base_offset <= ? ORDER BY base_offset DESC LIMIT 1`,
    offset,
  );
  return row === undefined ? null : { offset: row.last_offset + 1, timestampMs: row.max_timestamp };
}

function pointInObject({ last_offset, size_bytes }: SegmentEntry, entries: Uint8Array, offset: number): TimelinePoint {
  assert(last_offset !== null && size_bytes !== null, 'a tiered segment was sealed');
  const index = new SegmentIndex(entries, size_bytes);
  const entry = index.entryAt(offset);
  const isLast = entry + 1 >= index.count;
  return {
    offset: isLast ? last_offset + 1 : index.baseOffset(entry + 1),
    timestampMs: index.maxTimestampMs(entry),
  };
}

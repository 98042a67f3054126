import { assert } from '../errors/assert.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { decompress } from './compression.ts';
import { decodeBatches } from './record.ts';
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

/** A row that holds so many of the points is read itself: what came in a few large batches would else look flat. */
const pointsOfReadRow = 4;
/** A row has 256 KiB at most, so this much is read and opened of a log, whoever asks. */
const readRowsMax = 4;

/**
 * How the time of records grows along a log: up to `count` points at even distances of offsets, each as near as the
 * indexes say, which is at the end of a row or of 64 KiB of a tiered segment. It takes two rows a point, and the batches
 * of a few rows that hold many points. Offsets and times only grow.
 */
export function logTimeline(
  sql: SqlStore,
  { logStartOffset, highWatermark }: { readonly logStartOffset: number; readonly highWatermark: number },
  count: number,
): readonly TimelinePoint[] {
  const records = highWatermark - logStartOffset;
  const length = Math.min(count, records);
  const asked = Array.from({ length }, (_, index) => logStartOffset + Math.floor((records * (index + 1)) / length) - 1);
  const points: TimelinePoint[] = [];
  let reached: TimelinePoint = { offset: logStartOffset, timestampMs: -1 };
  let readRows = 0;
  for (let index = 0; index < asked.length; ) {
    const offset = asked[index]!;
    const found = pointAt(sql, offset);
    const held = asked.slice(index).findIndex((next) => found === null || next >= found.offset);
    const within = asked.slice(index, held === -1 ? undefined : index + Math.max(1, held));
    index += within.length;
    if (found === null) continue;
    const isRead = found.segment !== null && within.length >= pointsOfReadRow && readRows < readRowsMax;
    if (isRead) readRows += 1;
    const own = isRead ? pointsInRow(sql, found, within) : [found];
    for (const point of own) {
      reached = {
        offset: Math.min(Math.max(point.offset, offset + 1), highWatermark),
        timestampMs: Math.max(reached.timestampMs, point.timestampMs),
      };
      points.push(reached);
    }
  }
  return points;
}

/** A point, and the segment in whose table its row is; null when it is in an object. */
type FoundPoint = TimelinePoint & { readonly segment: number | null };

/** The points of a row at the offsets that were asked for; its end alone when its batches cannot be opened. */
function pointsInRow(sql: SqlStore, row: FoundPoint, offsets: readonly number[]): readonly TimelinePoint[] {
  assert(row.segment !== null, 'only rows are read');
  const [stored] = sql.query<{ batches: Uint8Array }>(
    `SELECT batches FROM ${segmentTable(row.segment)} WHERE base_offset < ? ORDER BY base_offset DESC LIMIT 1`,
    row.offset,
  );
  const points: TimelinePoint[] = [];
  let timestampMs = -1;
  const decoded = decodeBatches(stored!.batches, decompress, (record) => {
    timestampMs = Math.max(timestampMs, record.timestampMs);
    if (offsets.includes(record.offset)) points.push({ offset: record.offset + 1, timestampMs });
    return true;
  });
  return decoded.ok ? [...points.filter(({ offset }) => offset < row.offset), row] : [row];
}

/** The end of the row or stretch that holds an offset; null where compaction left nothing at or below it. */
function pointAt(sql: SqlStore, offset: number): FoundPoint | null {
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
  if (row === undefined) return null;
  return { offset: row.last_offset + 1, timestampMs: row.max_timestamp, segment: segment.base_offset };
}

function pointInObject({ last_offset, size_bytes }: SegmentEntry, entries: Uint8Array, offset: number): FoundPoint {
  assert(last_offset !== null && size_bytes !== null, 'a tiered segment was sealed');
  const index = new SegmentIndex(entries, size_bytes);
  const entry = index.entryAt(offset);
  const isLast = entry + 1 >= index.count;
  return {
    offset: isLast ? last_offset + 1 : index.baseOffset(entry + 1),
    timestampMs: index.maxTimestampMs(entry),
    segment: null,
  };
}

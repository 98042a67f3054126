import { assert } from '../errors/assert.ts';
import { ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { TopicConfig } from '../topics/topic-config.ts';
import type { PlacedBatch } from './append-plan.ts';
import { batchEndingAt, cutBatches, firstOffsetReaching } from './batch-walk.ts';
import { doesCompact } from './cleanup-policy.ts';
import { concatBytes } from './concat-bytes.ts';
import type { BatchesRead } from './remote-segment-reader.ts';
import { RemoteSegments } from './remote-segments.ts';
import { type LogRow, type Segment, type SegmentRow, SegmentStore } from './segment-store.ts';
import { TailCache } from './tail-cache.ts';
import { soundFrom, type VerifiedRow, verifyRow } from './verified-row.ts';
import type { BatchEnd } from './witness.ts';

/** A row stays below the platform's limit of 2 MB a row, with room for the other columns. */
export const rowBytesMax = 1_900_000;

/**
 * A segment is never larger in the object, whatever `segment.bytes` allows: it is the unit in which data leaves the
 * object, and a timestamp lookup or a recovery never has to look at more.
 */
export const segmentBytesMax = limits.segmentBytes.value;

/** The last segment, which takes the appends. */
type OpenSegment = {
  readonly baseOffset: number;
  readonly createdAtMs: number;
  readonly lastRow: SegmentRow | null;
  /** When the last row was appended; null after a restart, when only {@link OpenSegment.lastRow} was read. */
  readonly lastAppendMs: number | null;
  /** What the last row, or else the segment, says of the meter; null where no row of the segment can. */
  readonly usage: string | null;
};

export type FilledOpenSegment = OpenSegment & { readonly lastRow: SegmentRow };

/** What an append wrote, to be adopted in memory once the transaction is through. */
export type WrittenRows = {
  readonly rows: readonly LogRow[];
  readonly sealed: readonly Segment[];
  readonly open: OpenSegment;
  /** When a segment got its first row: the largest timestamp in that row; else null. */
  readonly begunTimestampMs: number | null;
};

/**
 * The ordered log of one partition: rows in segments, and where they end. The oldest segments may have been moved into
 * objects; what is read from those is not in here.
 */
export class PartitionLog {
  readonly remote: RemoteSegments;
  readonly #segments: SegmentStore;
  readonly #tail = new TailCache();
  /** The row that was read last: whoever reads on is often still in it. */
  #lastVerified: { readonly row: LogRow; readonly verified: VerifiedRow } | null = null;
  #sealed: readonly Segment[] = [];
  #open: OpenSegment;

  /** Reads where the log ends from the last row alone, however long the log is. */
  constructor(sql: SqlStore) {
    this.#segments = new SegmentStore(sql);
    this.remote = new RemoteSegments(sql);
    this.#open = this.#load();
  }

  /** The first segment of a new partition. Inside a transaction. */
  static create(sql: SqlStore, nowMs: number): void {
    new SegmentStore(sql).open(0, nowMs, '');
  }

  /** The offset the next record gets; every lower one is in the log or was deleted from it. */
  get nextOffset(): number {
    const { lastRow, baseOffset } = this.#open;
    return lastRow === null ? baseOffset : lastRow.last_offset + 1;
  }

  /** The first offset whose batches are in rows here, in its segment's range; lower ones are in objects or deleted. */
  get localStartOffset(): number {
    return this.#sealed[0]?.baseOffset ?? this.#open.baseOffset;
  }

  /** The sealed segments that have their rows here, oldest first. */
  get sealedSegments(): readonly Segment[] {
    return this.#sealed;
  }

  /** The segment that takes the appends; null while it is empty. */
  get filledOpenSegment(): FilledOpenSegment | null {
    const { lastRow } = this.#open;
    return lastRow === null ? null : { ...this.#open, lastRow };
  }

  /** For when it is not known when the open segment was last appended to: it was at this time, or before. */
  assumeAppendedBy(atMs: number): void {
    this.#open = { ...this.#open, lastAppendMs: this.#open.lastAppendMs ?? atMs };
  }

  /** What is stored of the partition's meter (usage/partition-meter.ts); empty when nothing is. */
  get usage(): string {
    return this.#open.usage ?? '';
  }

  get segmentCount(): number {
    return this.remote.totals().count + this.#sealed.length + 1;
  }

  /** Bytes of batches in rows. */
  get localBytes(): number {
    return this.#sealed.reduce(
      (sum, segment) => sum + (segment.sealed?.sizeBytes ?? 0),
      this.#open.lastRow?.end_bytes ?? 0,
    );
  }

  /** The largest timestamp in the log, or -1 when it is empty. */
  get maxTimestampMs(): number {
    return this.#sealed.reduce(
      (max, segment) => Math.max(max, segment.sealed?.maxTimestampMs ?? -1),
      Math.max(this.#open.lastRow?.max_timestamp ?? -1, this.remote.totals().maxTimestampMs),
    );
  }

  /** Takes over what maintenance changed in the tables, right after its transaction. */
  reload(): void {
    const { lastRow, lastAppendMs } = this.#open;
    this.#open = this.#load();
    this.#lastVerified = null;
    if (this.#open.lastRow?.last_offset === lastRow?.last_offset) this.#open = { ...this.#open, lastAppendMs };
    this.remote.forget();
  }

  /**
   * Seals the open segment, which is not empty, and opens the next one. Inside a transaction; then
   * {@link PartitionLog.reload}.
   */
  roll(nowMs: number): void {
    const { baseOffset, lastRow, lastAppendMs } = this.#open;
    assert(lastRow !== null, 'an empty segment is not rolled');
    this.#segments.seal(baseOffset, lastRow, { lastAppendMs: lastAppendMs ?? nowMs, nowMs });
    this.#segments.open(lastRow.last_offset + 1, nowMs, this.usage);
  }

  /** Forgets the newest rows in memory, which compaction has rewritten. */
  forgetTail(): void {
    this.#tail.clear();
  }

  /** Whether what `offset` asks for is in an object, and no longer here. */
  isRemote(offset: number): boolean {
    return offset < this.localStartOffset && this.#tail.find(offset) === null;
  }

  /**
   * Writes batches as rows, rolling segments where they are due; `usage` is what the meter says with them. Inside a
   * transaction; then {@link PartitionLog.adopt}.
   */
  write(placed: readonly PlacedBatch[], config: TopicConfig, usage: string, nowMs: number): WrittenRows {
    const rows: LogRow[] = [];
    const sealed: Segment[] = [];
    let open = this.#open;
    let begunTimestampMs: number | null = null;
    for (const group of groupIntoRows(placed)) {
      const first = group[0];
      const last = group.at(-1);
      assert(first !== undefined && last !== undefined, 'a row holds a batch');
      const batches = concatBytes(group.map(({ bytes }) => bytes));
      if (open.lastRow !== null && isSegmentFull(open, open.lastRow, batches.length, config, nowMs)) {
        const lastAppendMs = open.lastAppendMs ?? nowMs;
        this.#segments.seal(open.baseOffset, open.lastRow, { lastAppendMs, nowMs });
        sealed.push(sealedSegment(open, open.lastRow, lastAppendMs));
        this.#segments.open(first.baseOffset, nowMs, usage);
        open = { baseOffset: first.baseOffset, createdAtMs: nowMs, lastRow: null, lastAppendMs: null, usage };
      }
      if (open.usage === null) this.#segments.addUsage(open.baseOffset);
      const row: SegmentRow = {
        base_offset: first.baseOffset,
        last_offset: last.lastOffset,
        max_timestamp: group.reduce(
          (max, batch) => Math.max(max, batch.maxTimestampMs),
          open.lastRow?.max_timestamp ?? -1,
        ),
        end_bytes: (open.lastRow?.end_bytes ?? 0) + batches.length,
      };
      if (open.lastRow === null) begunTimestampMs = row.max_timestamp;
      this.#segments.insertRow(open.baseOffset, row, usage, batches);
      open = { ...open, lastRow: row, lastAppendMs: nowMs, usage };
      rows.push({ baseOffset: row.base_offset, lastOffset: row.last_offset, batches });
    }
    return { rows, sealed, open, begunTimestampMs };
  }

  /** Takes over in memory what {@link PartitionLog.write} put on disk, once its transaction is through. */
  adopt(written: WrittenRows): void {
    if (written.sealed.length > 0) this.#sealed = [...this.#sealed, ...written.sealed];
    this.#open = written.open;
    for (const row of written.rows) this.#tail.push(row);
  }

  /**
   * Whole batches from the one that holds `offset` on, at least one and otherwise at most `maxBytes`. Empty at the end
   * of the log, and where the log is remote. `nextOffset` is the offset after the last batch. KAFKA_STORAGE_ERROR when
   * the batch at `offset` is not what was stored; one further on only ends what is read. With `endOffset`, where a batch
   * begins or the log ends, nothing at or above it is read.
   */
  read(offset: number, maxBytes: number, endOffset = this.nextOffset): Result<BatchesRead> {
    const pieces: Uint8Array[] = [];
    let totalBytes = 0;
    let nextOffset = offset;
    while (nextOffset < endOffset && !this.isRemote(nextOffset)) {
      const found = this.#soundRowAt(nextOffset);
      if (!found.ok && pieces.length === 0) return found;
      if (!found.ok) break;
      const row = found.value;
      // Compaction left nothing up to the end, or up to where nothing is read any more.
      if (row === null || row.baseOffset >= endOffset)
        return ok({ batches: concatBytes(pieces), nextOffset: endOffset });
      const roomBytes = pieces.length === 0 ? maxBytes : maxBytes - totalBytes;
      const cut = cutBatches(row.batches, nextOffset, roomBytes, endOffset);
      if (pieces.length > 0 && totalBytes + cut.batches.length > maxBytes) break;
      pieces.push(cut.batches);
      totalBytes += cut.batches.length;
      nextOffset = cut.nextOffset;
      if (totalBytes >= maxBytes) break;
    }
    return ok({ batches: concatBytes(pieces), nextOffset });
  }

  /** The batch that ends right before `offset`, as far as the partition's own rows can tell. */
  batchBefore(offset: number): BatchEnd {
    if (offset <= this.localStartOffset || offset > this.nextOffset) return 'elsewhere';
    const segments = [...this.#sealed, { ...this.#open, sealed: null }];
    const segment = segments.findLast(({ baseOffset }) => baseOffset < offset);
    if (segment === undefined || this.#segments.isRewritten(segment.baseOffset)) return 'elsewhere';
    const row = this.#soundRowAt(offset - 1);
    // Compaction may have left nothing of the segment that once held it.
    const isLeftOut = segment.sealed !== null && segment.sealed.lastOffset < offset - 1;
    if (!row.ok) return 'no-batch-ends-there';
    return row.value === null || isLeftOut ? 'elsewhere' : batchEndingAt(row.value.batches, offset);
  }

  /**
   * Offset of the first record here whose timestamp is at least `timestampMs`; the end of the log when there is none.
   * KAFKA_STORAGE_ERROR when a row on the way to it is not what was stored.
   */
  offsetForTimestamp(timestampMs: number, logStartOffset: number): Result<number> {
    for (const { baseOffset, sealed } of [...this.#sealed, { ...this.#open, sealed: null }]) {
      if (sealed !== null && (sealed.maxTimestampMs < timestampMs || sealed.lastOffset < logStartOffset)) continue;
      const found = this.#findInSegment(baseOffset, timestampMs, logStartOffset);
      if (!found.ok) return found;
      if (found.value !== null) return ok(found.value);
    }
    return ok(this.nextOffset);
  }

  /** The first row that reaches the timestamp has the record, unless that was deleted: then it is further on, or nowhere. */
  #findInSegment(segmentBase: number, timestampMs: number, logStartOffset: number): Result<number | null> {
    const firstRow = this.#segments.firstRowReaching(segmentBase, timestampMs);
    if (firstRow === null) return ok(null);
    for (let from = Math.max(firstRow, logStartOffset); ; ) {
      const row = this.#segments.rowAt(segmentBase, from);
      if (row === null) return ok(null);
      const { sound, damage } = this.#verify(row);
      const found = firstOffsetReaching(sound.batches, timestampMs, logStartOffset);
      if (found !== null) return ok(found);
      if (damage !== null) return damage;
      from = row.lastOffset + 1;
    }
  }

  /** The row that holds `offset`, or the first after it, as far as it is sound. */
  #soundRowAt(offset: number): Result<LogRow | null> {
    const cached = this.#tail.find(offset);
    if (cached !== null) return ok(cached);
    const last = this.#lastVerified;
    if (last !== null && last.row.baseOffset <= offset && offset <= last.row.lastOffset) {
      return soundFrom(last.verified, offset);
    }
    const row = this.#rowAt(offset);
    return row === null ? ok(null) : soundFrom(this.#verify(row), offset);
  }

  #verify(row: LogRow): VerifiedRow {
    const verified = verifyRow(row);
    this.#lastVerified = { row, verified };
    return verified;
  }

  #load(): OpenSegment {
    const segments = this.#segments.listLocal();
    const last = segments.pop();
    assert(last !== undefined && last.sealed === null, 'an initialized partition has an open segment at its end');
    this.#sealed = segments;
    const { baseOffset, createdAtMs } = last;
    const usage = this.#segments.usageOf(baseOffset);
    return { baseOffset, createdAtMs, lastRow: this.#segments.lastRow(baseOffset), lastAppendMs: null, usage };
  }

  /** The row that holds `offset`, or the first after it; null when compaction or retention left none up to the log's end. */
  #rowAt(offset: number): LogRow | null {
    const candidates = [this.#open, ...this.#sealed.toReversed()];
    const holder = candidates.findIndex((segment) => segment.baseOffset <= offset);
    // After compaction the row may be the first one of a later segment.
    for (let at = holder; at >= 0; at -= 1) {
      const segment = candidates[at];
      const row = segment === undefined ? null : this.#segments.rowAt(segment.baseOffset, offset);
      if (row !== null) return row;
    }
    return null;
  }
}

function isSegmentFull(
  open: OpenSegment,
  lastRow: SegmentRow,
  rowBytes: number,
  config: TopicConfig,
  nowMs: number,
): boolean {
  if (lastRow.end_bytes + rowBytes > Math.min(config.segmentBytes, segmentBytesMax)) return true;
  const segmentMs = doesCompact(config) ? Math.min(config.segmentMs, config.maxCompactionLagMs) : config.segmentMs;
  return nowMs - open.createdAtMs > segmentMs;
}

function sealedSegment(open: OpenSegment, lastRow: SegmentRow, lastAppendMs: number): Segment {
  return {
    baseOffset: open.baseOffset,
    createdAtMs: open.createdAtMs,
    sealed: {
      lastOffset: lastRow.last_offset,
      maxTimestampMs: lastRow.max_timestamp,
      sizeBytes: lastRow.end_bytes,
      lastAppendMs,
    },
  };
}

/** A flush is one row, unless it is larger than a row may be. */
function groupIntoRows(placed: readonly PlacedBatch[]): PlacedBatch[][] {
  const groups: PlacedBatch[][] = [];
  let current: PlacedBatch[] = [];
  let currentBytes = 0;
  for (const batch of placed) {
    assert(batch.bytes.length <= rowBytesMax, 'a batch fits a row');
    if (current.length > 0 && currentBytes + batch.bytes.length > rowBytesMax) {
      groups.push(current);
      current = [];
      currentBytes = 0;
    }
    current.push(batch);
    currentBytes += batch.bytes.length;
  }
  if (current.length > 0) groups.push(current);
  return groups;
}

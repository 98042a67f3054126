import { decompress } from './compression.ts';
import { recordsSection, walkRecords } from './record.ts';
import { type BatchHeader, batchField, readBatchHeader } from './record-batch.ts';
import { readInt32 } from './varint.ts';
import type { BatchEnd } from './witness.ts';

/** Whole batches out of a row: a view into it, no copy. */
export type BatchCut = { readonly batches: Uint8Array; readonly nextOffset: number };

/**
 * The batches of `row` from the one that holds `offset` on, as many as fit `maxBytes` but at least one; only those that
 * begin below `endOffset`. `row` is whole batches back to back that reach beyond `offset`.
 */
export function cutBatches(row: Uint8Array, offset: number, maxBytes: number, endOffset: number): BatchCut {
  let start = -1;
  let end = 0;
  let nextOffset = offset;
  for (let at = 0; at < row.length; ) {
    const { baseOffset, lastOffsetDelta, sizeBytes } = readBatchHeader(row, at);
    const lastOffset = baseOffset + lastOffsetDelta;
    if (baseOffset >= endOffset) {
      // Whatever lies between was left out by compaction.
      nextOffset = endOffset;
      break;
    }
    if (start < 0 && lastOffset >= offset) start = at;
    if (start >= 0) {
      if (at > start && at + sizeBytes - start > maxBytes) break;
      end = at + sizeBytes;
      nextOffset = lastOffset + 1;
    }
    at += sizeBytes;
  }
  return { batches: start < 0 ? row.subarray(0, 0) : row.subarray(start, end), nextOffset };
}

/** Records in whole batches, without the markers of transactions. */
export function recordsIn(batches: Uint8Array): number {
  let records = 0;
  for (let at = 0; at < batches.length; ) {
    const { sizeBytes, recordCount, isControl } = readBatchHeader(batches, at);
    if (!isControl) records += recordCount;
    at += sizeBytes;
  }
  return records;
}

/** The CRC of the batch in `row` whose last offset is the one before `endOffset`. */
export function batchEndingAt(row: Uint8Array, endOffset: number): BatchEnd {
  for (let at = 0; at < row.length; ) {
    const { baseOffset, lastOffsetDelta, sizeBytes } = readBatchHeader(row, at);
    if (baseOffset + lastOffsetDelta + 1 === endOffset) return { crc: readInt32(row, at + batchField.crc) >>> 0 };
    at += sizeBytes;
  }
  return 'no-batch-ends-there';
}

/** Offset of the first record in `row`, at or after `minOffset`, whose timestamp is at least `timestampMs`, or null. */
export function firstOffsetReaching(row: Uint8Array, timestampMs: number, minOffset: number): number | null {
  for (let at = 0; at < row.length; ) {
    const header = readBatchHeader(row, at);
    const mayReach = header.maxTimestampMs >= timestampMs && header.baseOffset + header.lastOffsetDelta >= minOffset;
    const found = mayReach ? firstRecordReaching(row, at, header, timestampMs, minOffset) : null;
    if (found !== null) return found;
    at += header.sizeBytes;
  }
  return null;
}

/** When the batch's records cannot be read, the batch itself is where the reader begins. */
function firstRecordReaching(
  row: Uint8Array,
  at: number,
  header: BatchHeader,
  timestampMs: number,
  minOffset: number,
): number | null {
  const section = recordsSection(row, at, header, decompress);
  if (!section.ok) return Math.max(header.baseOffset, minOffset);
  let found: number | null = null;
  walkRecords(section.value, header, (record) => {
    if (record.timestampMs >= timestampMs && record.offset >= minOffset) found = record.offset;
    return found === null;
  });
  return found;
}

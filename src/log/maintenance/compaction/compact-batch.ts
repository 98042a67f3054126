import { ok, type Result } from '../../../errors/result.ts';
import { compress, decompress } from '../../compression.ts';
import { rowBytesMax } from '../../partition-log.ts';
import { type RecordSpan, recordsSection, walkRecords } from '../../record.ts';
import {
  type BatchHeader,
  batchAttribute,
  batchHeaderBytes,
  readBatchHeader,
  sealBatch,
  writeBatchHeader,
} from '../../record-batch.ts';
import { VarintReader, varlongBytes, writeVarint, writeVarlong } from '../../varint.ts';

/** How a batch is to be cleaned. */
export type BatchCleaning = {
  /** Whether a record stays; `section` is what the span's positions mean. */
  readonly keeps: (record: Readonly<RecordSpan>, section: Uint8Array) => boolean;
  /** From when on tombstones of the batch may go, if it has any and does not say so yet; null when it is not to say so. */
  readonly deleteHorizonMs: number | null;
  /** Whether a batch without a record left stays as an empty one, for its offsets or its producer's sequence. */
  readonly isKeptEmpty: boolean;
};

export type CleanedBatch = {
  /** The batch as it is to be stored: the very same bytes when nothing changed; null when it goes. */
  readonly bytes: Uint8Array | null;
  readonly removedRecords: number;
};

/**
 * From when on the tombstones of a batch may be removed; null while no cleaning has seen them (KIP-534: the base
 * timestamp of a batch whose attributes have bit 6 set).
 */
export function deleteHorizonMs(header: BatchHeader): number | null {
  return (header.attributes & batchAttribute.deleteHorizon) === 0 ? null : header.baseTimestampMs;
}

/** Where the records of a batch that stay lie in its section: start and end, alternating. */
type Kept = { readonly spans: readonly number[]; readonly count: number; readonly sizeBytes: number };

/**
 * Removes records from a batch as Kafka's log cleaner does (MemoryRecords.filterTo): what stays keeps its offset, its
 * timestamp and its bytes, and the batch its offset range, producer and sequence. Control batches stay as they are.
 * `bytes` is one stored batch. CORRUPT_MESSAGE when its records cannot be read.
 */
export function compactBatch(bytes: Uint8Array, cleaning: BatchCleaning): Result<CleanedBatch> {
  const header = readBatchHeader(bytes, 0);
  if (header.isControl) return ok({ bytes, removedRecords: 0 });
  if (header.recordCount === 0) return ok({ bytes: cleaning.isKeptEmpty ? bytes : null, removedRecords: 0 });
  const section = recordsSection(bytes, 0, header, decompress);
  if (!section.ok) return section;
  const spans: number[] = [];
  let count = 0;
  let sizeBytes = 0;
  let maxTimestampMs = -1;
  let hasTombstone = false;
  const walked = walkRecords(section.value, header, (record) => {
    if (!cleaning.keeps(record, section.value)) return true;
    if (spans.at(-1) === record.start) spans[spans.length - 1] = record.end;
    else spans.push(record.start, record.end);
    count += 1;
    sizeBytes += record.end - record.start;
    maxTimestampMs = Math.max(maxTimestampMs, record.timestampMs);
    hasTombstone ||= record.valueStart < 0;
    return true;
  });
  if (!walked.ok) return walked;
  const removedRecords = header.recordCount - count;
  const horizonMs = hasTombstone && deleteHorizonMs(header) === null ? cleaning.deleteHorizonMs : null;
  if (removedRecords === 0 && horizonMs === null) return ok({ bytes, removedRecords });
  if (count === 0) return ok({ bytes: cleaning.isKeptEmpty ? emptyBatch(header) : null, removedRecords });
  const kept = { spans, count, sizeBytes };
  const rewritten = rewriteBatch(section.value, header, kept, maxTimestampMs, horizonMs);
  // A batch that no longer fits a row (it compresses worse without what was removed) may stay: it has too much, not too little.
  return ok(rewritten.length > rowBytesMax ? { bytes, removedRecords: 0 } : { bytes: rewritten, removedRecords });
}

function rewriteBatch(
  section: Uint8Array,
  header: BatchHeader,
  kept: Kept,
  maxTimestampMs: number,
  horizonMs: number | null,
): Uint8Array {
  const rebased = horizonMs === null ? null : rebaseRecords(section, kept, header.baseTimestampMs - horizonMs);
  const records = rebased ?? copyRecords(section, kept);
  const body = compress(header.compression, records);
  const batch = new Uint8Array(batchHeaderBytes + body.length);
  writeBatchHeader(batch, 0, {
    ...header,
    sizeBytes: batch.length,
    attributes: horizonMs === null ? header.attributes : header.attributes | batchAttribute.deleteHorizon,
    baseTimestampMs: horizonMs ?? header.baseTimestampMs,
    // With LogAppendTime it is the timestamp of all of them.
    maxTimestampMs: header.timestampType === 'LogAppendTime' ? header.maxTimestampMs : maxTimestampMs,
    recordCount: kept.count,
  });
  batch.set(body, batchHeaderBytes);
  sealBatch(batch, 0, batch.length);
  return batch;
}

function copyRecords(section: Uint8Array, { spans, sizeBytes }: Kept): Uint8Array {
  const records = new Uint8Array(sizeBytes);
  for (let index = 0, at = 0; index < spans.length; index += 2) {
    const piece = section.subarray(spans[index], spans[index + 1]);
    records.set(piece, at);
    at += piece.length;
  }
  return records;
}

/** The records with `shiftMs` added to their timestamp deltas, for a base timestamp that much earlier. */
function rebaseRecords(section: Uint8Array, { spans, count, sizeBytes }: Kept, shiftMs: number): Uint8Array {
  // A delta takes up to ten bytes, and may move the length before it by some too.
  const records = new Uint8Array(sizeBytes + count * 15);
  const reader = new VarintReader(section, 0, section.length);
  let at = 0;
  for (let index = 0; index < spans.length; index += 2) {
    reader.at = spans[index] ?? 0;
    while (reader.at < (spans[index + 1] ?? 0)) {
      const end = reader.readVarint() + reader.at;
      const attributes = section[reader.at] ?? 0;
      reader.at += 1;
      const delta = reader.readVarlong() + shiftMs;
      at = writeVarint(records, at, 1 + varlongBytes(delta) + end - reader.at);
      records[at] = attributes;
      at = writeVarlong(records, at + 1, delta);
      records.set(section.subarray(reader.at, end), at);
      at += end - reader.at;
      reader.at = end;
    }
  }
  return records.subarray(0, at);
}

/** What is left of a batch whose records are all gone (DefaultRecordBatch.writeEmptyHeader). */
function emptyBatch(header: BatchHeader): Uint8Array {
  const batch = new Uint8Array(batchHeaderBytes);
  const kept = batchAttribute.logAppendTime | batchAttribute.transactional;
  writeBatchHeader(batch, 0, {
    ...header,
    sizeBytes: batch.length,
    attributes: header.attributes & kept,
    baseTimestampMs: -1,
    recordCount: 0,
  });
  sealBatch(batch, 0, batch.length);
  return batch;
}

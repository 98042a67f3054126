import { ok, type Result } from '../../../errors/result.ts';
import { decompress } from '../../compression.ts';
import { recordsSection, walkRecords } from '../../record.ts';
import { type BatchHeader, readBatchHeader } from '../../record-batch.ts';
import type { AbortedRanges } from '../../transactions/aborted-ranges.ts';
import type { KeyOffsets } from './key-offsets.ts';

/** Shows every batch of `batches`, which are whole and verified, until `visit` says not to go on or fails. */
export function eachBatch(
  batches: Uint8Array,
  visit: (batch: Uint8Array, header: BatchHeader) => Result<boolean>,
): Result<boolean> {
  for (let at = 0; at < batches.length; ) {
    const header = readBatchHeader(batches, at);
    const visited = visit(batches.subarray(at, at + header.sizeBytes), header);
    if (!visited.ok || !visited.value) return visited;
    at += header.sizeBytes;
  }
  return ok(true);
}

/**
 * Enters the keys of records with offsets in `range` (its end exclusive) with their offsets, but not those of aborted
 * transactions, which replace nothing. Answers the offset of the first record whose key no longer fits, or null when all
 * did.
 */
export function recordKeys(
  batch: Uint8Array,
  header: BatchHeader,
  keys: KeyOffsets,
  range: { readonly from: number; readonly to: number },
  aborted: AbortedRanges,
): Result<number | null> {
  const lastOffset = header.baseOffset + header.lastOffsetDelta;
  if (header.isControl || lastOffset < range.from || header.baseOffset >= range.to) return ok(null);
  if (header.recordCount === 0 || aborted.hasBatch(header)) return ok(null);
  const section = recordsSection(batch, 0, header, decompress);
  if (!section.ok) return section;
  let unfitOffset: number | null = null;
  const walked = walkRecords(section.value, header, ({ offset, keyStart, keyEnd }) => {
    if (offset < range.from || keyStart < 0) return true;
    if (offset >= range.to) return false;
    if (keys.record(section.value, keyStart, keyEnd, offset)) return true;
    unfitOffset = offset;
    return false;
  });
  return walked.ok ? ok(unfitOffset) : walked;
}

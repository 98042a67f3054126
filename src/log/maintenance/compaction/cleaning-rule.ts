import type { Result } from '../../../errors/result.ts';
import type { BatchHeader } from '../../record-batch.ts';
import type { AbortedRanges } from '../../transactions/aborted-ranges.ts';
import { type CleanedBatch, compactBatch, deleteHorizonMs } from './compact-batch.ts';
import type { KeyOffsets } from './key-offsets.ts';

/** What a pass decides records by. */
export type CleaningRule = {
  /** Only records below it are removed. */
  readonly endOffset: number;
  /** The last offset of every key among the records below `endOffset` that no pass has cleaned yet. */
  readonly keys: KeyOffsets;
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  readonly isLastOfProducer: (header: BatchHeader) => boolean;
  /** Records of aborted transactions go, whatever their keys. */
  readonly aborted: AbortedRanges;
};

/** The largest time of the batch format here: a horizon beyond it never comes either. */
const horizonMsMax = 8_640_000_000_000_000;

/**
 * Cleans one batch by Kafka's rule (Cleaner.shouldRetainRecord): the last record of a key stays, and a tombstone that is
 * the last one until `deleteRetentionMs` after the first pass that saw it. Records without a key go.
 */
export function cleanBatch(batch: Uint8Array, header: BatchHeader, rule: CleaningRule): Result<CleanedBatch> {
  const { endOffset, keys, nowMs } = rule;
  const nextOffset = header.baseOffset + header.lastOffsetDelta + 1;
  const horizonMs = deleteHorizonMs(header);
  const isAborted = rule.aborted.hasBatch(header);
  return compactBatch(batch, {
    keeps: ({ offset, keyStart, keyEnd, valueStart }, section) => {
      if (offset >= endOffset) return true;
      if (isAborted) return false;
      if (keyStart < 0 || keys.lastOffset(section, keyStart, keyEnd) > offset) return false;
      return valueStart >= 0 || horizonMs === null || nowMs < horizonMs;
    },
    // Only where all of the batch was cleaned: of what comes later, older records may still be there.
    deleteHorizonMs: nextOffset <= endOffset ? Math.min(nowMs + rule.deleteRetentionMs, horizonMsMax) : null,
    // The last one of the pass stays, so that readers who have come there find out where to go on.
    isKeptEmpty: nextOffset === endOffset || rule.isLastOfProducer(header),
  });
}

import { batchAttribute, batchHeaderBytes, sealBatch, writeBatchHeader } from '../record-batch.ts';
import { writeInt16, writeInt32, writeVarint } from '../varint.ts';

/** What a partition or a group that took part in a transaction is told once it is decided. */
export type TransactionMarker = {
  readonly producerId: number;
  /** Higher than the one the transaction ran under when its producer was fenced, or has an epoch a transaction. */
  readonly producerEpoch: number;
  /** Which transaction of the coordinator it ends: no marker ever touches a later one. */
  readonly transactionNumber: number;
  readonly committed: boolean;
};

/** Who writes in a transaction, and in which one. */
export type TransactionClaim = {
  readonly producerId: number;
  readonly producerEpoch: number;
  /**
   * As the coordinator confirmed it for this partition; null when it was not asked, which will do once the partition
   * has a part of the transaction.
   */
  readonly transactionNumber: number | null;
};

/** The record of a control batch (KIP-98, EndTransactionMarker): key is version and type, value is version and coordinator epoch. */
const keyBytes = 4;
const valueBytes = 6;

/** Attributes, two deltas, key and value with their lengths, and no headers; one byte each but key and value. */
const recordBytes = 1 + 1 + 1 + 1 + keyBytes + 1 + valueBytes + 1;

/** The type of a control record. */
const controlType = { abort: 0, commit: 1 } as const;

/** How many bytes a marker takes in the log. */
export const controlBatchBytes = batchHeaderBytes + 1 + recordBytes;

/** The control batch that ends a transaction in a partition's log; it takes one offset. */
export function encodeControlBatch(
  marker: TransactionMarker,
  place: { readonly baseOffset: number; readonly leaderEpoch: number; readonly nowMs: number },
): Uint8Array {
  const batch = new Uint8Array(controlBatchBytes);
  writeBatchHeader(batch, 0, {
    baseOffset: place.baseOffset,
    sizeBytes: batch.length,
    leaderEpoch: place.leaderEpoch,
    attributes: batchAttribute.transactional | batchAttribute.control,
    lastOffsetDelta: 0,
    baseTimestampMs: place.nowMs,
    maxTimestampMs: place.nowMs,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    baseSequence: -1,
    recordCount: 1,
  });
  let at = writeVarint(batch, batchHeaderBytes, recordBytes);
  // Attributes and both deltas are zero.
  at = writeVarint(batch, at + 3, keyBytes);
  writeInt16(batch, at + 2, marker.committed ? controlType.commit : controlType.abort);
  at = writeVarint(batch, at + keyBytes, valueBytes);
  // Kafka has its coordinator's epoch here; ours has the number of the transaction, as far as it fits.
  writeInt32(batch, at + 2, marker.transactionNumber % 0x8000_0000);
  sealBatch(batch, 0, batch.length);
  return batch;
}

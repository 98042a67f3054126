import { failed, ok, type Result } from '../errors/result.ts';
import { crc32c } from './crc32c.ts';
import { type BatchHeader, batchField, frameBatch, readBatchHeader } from './record-batch.ts';
import { readInt32 } from './varint.ts';

/**
 * Walks batches that were stored, trusting none of their bytes: each must be whole, have its CRC and begin at or after
 * the end of the one before, the first at or after `from`. KAFKA_STORAGE_ERROR names the first that does not; answers
 * the offset after the last.
 */
export function verifyStoredBatches(
  bytes: Uint8Array,
  from: number,
  visit: (header: BatchHeader, at: number) => void = () => {},
): Result<number> {
  let nextOffset = from;
  for (let at = 0; at < bytes.length; ) {
    const framed = frameBatch(bytes, at, 0);
    if (!framed.ok) return decayed(nextOffset, framed.error.message);
    const stated = readInt32(bytes, at + batchField.crc) >>> 0;
    const computed = crc32c(bytes, at + batchField.attributes, at + framed.value);
    if (stated !== computed) return decayed(nextOffset, `its CRC is ${stated}, but its bytes have ${computed}`);
    const header = readBatchHeader(bytes, at);
    const { baseOffset, lastOffsetDelta } = header;
    if (!Number.isSafeInteger(baseOffset) || baseOffset < nextOffset || lastOffsetDelta < 0) {
      return decayed(nextOffset, `it says it holds offsets from ${baseOffset} on, ${lastOffsetDelta + 1} of them`);
    }
    visit(header, at);
    nextOffset = baseOffset + lastOffsetDelta + 1;
    at += framed.value;
  }
  return ok(nextOffset);
}

function decayed(offset: number, why: string): Result<never> {
  return failed(
    'KAFKA_STORAGE_ERROR',
    `The batch stored at offset ${offset} is damaged: ${why}. Nothing from it on can be read until it is restored.`,
    { offset },
  );
}

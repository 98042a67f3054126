import { ok, type Result } from '../errors/result.ts';
import type { TopicConfig } from '../topics/topic-config.ts';
import { decompress } from './compression.ts';
import { checkRecords, recordsSection } from './record.ts';
import { batchField, type CheckedBatch, sealBatch } from './record-batch.ts';
import { writeInt64 } from './varint.ts';

/**
 * Checks the records inside batches whose headers were checked, decompressing where need be: done once, by whatever
 * first takes a client's batches, since a batch that lies about its records would leave a hole in the offsets. A wrong
 * max timestamp in a header is put right in `bytes`, as a Kafka broker does (LogValidator).
 */
export function checkBatchRecords(
  bytes: Uint8Array,
  checked: readonly CheckedBatch[],
  config: TopicConfig,
): Result<readonly CheckedBatch[]> {
  const corrected: CheckedBatch[] = [];
  for (const { at, header } of checked) {
    const section = recordsSection(bytes, at, header, decompress);
    if (!section.ok) return section;
    const records = checkRecords(section.value, header, config.cleanupPolicy !== 'delete');
    if (!records.ok) return records;
    const { maxTimestampMs } = records.value;
    if (maxTimestampMs === header.maxTimestampMs) {
      corrected.push({ at, header });
      continue;
    }
    writeInt64(bytes, at + batchField.maxTimestamp, maxTimestampMs);
    sealBatch(bytes, at, header.sizeBytes);
    corrected.push({ at, header: { ...header, maxTimestampMs } });
  }
  return ok(corrected);
}

import type { ErrorCode } from '../../errors/error-codes.ts';
import { type Failure, failed, ok, type Result } from '../../errors/result.ts';
import type { ProduceRecord } from '../../json/produce-record.ts';
import { metrics } from '../metrics.ts';
import type { Services } from '../services.ts';

/** Where a record was stored. */
export type StoredRecord = { readonly partition: number; readonly offset: number; readonly timestampMs: number };

/**
 * Produces the records of a request, each for itself: what becomes of one is in its place. Items that are failures
 * already stay what they are, and when the topic cannot be found, that is what became of every record.
 */
export async function produceEach(
  { producer }: Services,
  topic: string,
  items: readonly Result<ProduceRecord>[],
): Promise<readonly Result<StoredRecord>[]> {
  const records = items.flatMap((item) => (item.ok ? [item.value] : []));
  if (records.length === 0) return items as readonly Result<never>[];
  const produced = await producer.produceEach(topic, records);
  let next = 0;
  let storedCount = 0;
  const results = items.map((item): Result<StoredRecord> => {
    if (!item.ok) return item;
    if (!produced.ok) return produced;
    const result = produced.value[next++];
    if (result === undefined) return failed('UNKNOWN_OUTCOME', 'The partition did not say what became of the record.');
    if ('error' in result) return { ok: false, error: result.error as Failure & { readonly code: ErrorCode } };
    storedCount += 1;
    return ok({ partition: result.partition, offset: result.offset, timestampMs: result.timestamp });
  });
  metrics.count('millrace_records_in_total', {}, storedCount);
  return results;
}

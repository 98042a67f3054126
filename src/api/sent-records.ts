import { divideBytes } from '../gateway/usage/divided-bytes.ts';
import { metrics } from './metrics.ts';
import type { Arrival } from './platform.ts';

/** Records of an answer by their topics; null stands for several topics that nobody tells apart. */
export type SentRecords = ReadonlyMap<string | null, number>;

/** Called with what an answer has, and how long its body is, once the answer is made. */
export type CountSent = (records: SentRecords, bytes: number) => void;

/**
 * Counts an answer with records, or that might have had some: for Prometheus, and for the organization of whoever asked.
 * An answer without its body has sent nothing.
 */
export function countSent({ platform, principal, isHead }: Arrival, records: SentRecords, bytes: number): void {
  if (isHead) return;
  let recordCount = 0;
  for (const count of records.values()) recordCount += count;
  metrics.count('millrace_records_out_total', {}, recordCount);
  metrics.count('millrace_bytes_out_total', {}, bytes);
  if (principal === null) return;
  for (const { topic, records: recordsOut, bytes: bytesOut } of divideBytes(records, bytes)) {
    platform.usage.count(principal, topic, { recordsOut, bytesOut });
  }
}

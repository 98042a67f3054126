import { encodeBatch, type LogRecord } from '../../../../src/log/record.ts';
import type { TopicConfig } from '../../../../src/topics/topic-config.ts';
import { PartitionHarness, unwrap } from '../../../support/partition-harness.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An update of a changelog; a null value deletes the key. */
export type Update = { readonly key: string; readonly value: string | null };

/** A compacted partition whose segments hold a few records each. */
export function changelogPartition(config: Partial<TopicConfig> = {}): Promise<PartitionHarness> {
  return new PartitionHarness().open({
    cleanupPolicy: 'compact',
    segmentBytes: 600,
    millraceTiering: 'false',
    retentionMs: -1,
    ...config,
  });
}

/** Appends updates as one batch. */
export async function appendUpdates(harness: PartitionHarness, ...updates: Update[]): Promise<void> {
  const records = updates.map(({ key, value }) => ({
    timestampMs: harness.nowMs,
    key: encoder.encode(key),
    value: value === null ? null : encoder.encode(value),
    headers: [],
  }));
  unwrap(await harness.append({ batches: encodeBatch(records) }));
}

export const keyOf = ({ key }: LogRecord): string => decoder.decode(key ?? new Uint8Array(0));

export const textOf = ({ value }: LogRecord): string | null => (value === null ? null : decoder.decode(value));

/** The last value of each key, as a reader that goes through `records` has it; deleted keys have none. */
export function foldUpdates(records: readonly LogRecord[]): Record<string, string> {
  const folded = new Map<string, string>();
  for (const record of records) {
    const value = textOf(record);
    if (value === null) folded.delete(keyOf(record));
    else folded.set(keyOf(record), value);
  }
  return Object.fromEntries([...folded].sort(([left], [right]) => (left < right ? -1 : 1)));
}

import { parsePosition } from '../../address/position.ts';
import type { Client } from '../../client/index.ts';
import { UsageError } from '../command.ts';

/** The offset of each partition. */
export type LogOffsets = { readonly [partition: number]: number };

/** Reads an end as an address has it: `now`, or any position. Throws a UsageError for what is none. */
export function checkEnd(text: string): void {
  if (text !== 'now' && parsePosition(text, 0) === null) {
    throw new UsageError(
      `an address ends at now, -5m, 2026-11-20T06:00:00Z, @milliseconds or an offset, not at "${text}".`,
    );
  }
}

/**
 * Where a position is in each partition: an offset as it stands, a moment by the first record at or after it. Null for
 * `now` and `latest`, which are wherever the log ends when it is read.
 */
export async function offsetsAt(
  client: Pick<Client, 'read'>,
  topic: string,
  partitions: readonly number[],
  text: string,
): Promise<LogOffsets | null> {
  checkEnd(text);
  const position = parsePosition(text, Date.now());
  if (position === null || position.kind === 'latest') return null;
  const offsets: { [partition: number]: number } = {};
  for (const partition of partitions) {
    if (position.kind === 'timestamp') {
      const page = await client.read({ topic, partition, timestamp: position.timestampMs, maxRecords: 1 });
      offsets[partition] = page.records[0]?.offset ?? page.nextOffset;
    } else offsets[partition] = position.kind === 'offset' ? position.offset : 0;
  }
  return offsets;
}

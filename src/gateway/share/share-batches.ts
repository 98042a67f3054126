import type { Failure, Result } from '../../errors/result.ts';
import { ok } from '../../errors/result.ts';
import type { AcquiredRange, OffsetSpan } from '../../groups/share/share-state.ts';
import { concatBytes } from '../../log/concat-bytes.ts';
import type { RecordReader } from '../read.ts';

/** What acquired ranges of a partition came to when their batches were read. */
export type ReadBatches = {
  /** Whole batches as they are stored; they may hold more records than were acquired. */
  readonly records: Uint8Array;
  /** Whose batches are all there. */
  readonly delivered: readonly AcquiredRange[];
  /** Acquired and not read: there was no room, or reading broke off. */
  readonly undelivered: readonly OffsetSpan[];
  /** Acquired offsets that no batch has. */
  readonly gaps: readonly OffsetSpan[];
  /** Why reading broke off, or null. */
  readonly failure: Failure | null;
};

type Place = { readonly topic: string; readonly topicId: string; readonly partition: number };

type Stretch = { readonly bytes: Uint8Array; readonly from: number; readonly to: number };

/**
 * Reads the batches of what was acquired of one partition, for a client that reads batches itself. The first batch
 * always comes, beyond that up to `maxBytes`.
 */
export async function readShareBatches(
  reader: RecordReader,
  place: Place,
  acquired: readonly AcquiredRange[],
  maxBytes: number,
): Promise<ReadBatches> {
  const chunks: Uint8Array[] = [];
  const delivered: AcquiredRange[] = [];
  const undelivered: OffsetSpan[] = [];
  const gaps: OffsetSpan[] = [];
  let failure: Failure | null = null;
  let readBytes = 0;
  let stretch = { from: 0, to: 0 };
  for (const range of acquired) {
    for (let at = range.first; at <= range.last; ) {
      if (at >= stretch.to) {
        const mayRead: boolean = failure === null && (readBytes < maxBytes || chunks.length === 0);
        const read: Result<Stretch> | null = mayRead ? await readAt(reader, place, at, maxBytes - readBytes) : null;
        if (read === null || !read.ok || read.value.to <= at) {
          if (read?.ok === false) failure = read.error;
          undelivered.push({ from: at, to: range.last });
          break;
        }
        stretch = read.value;
        readBytes += read.value.bytes.length;
        chunks.push(read.value.bytes);
      }
      if (stretch.from > at) gaps.push({ from: at, to: Math.min(stretch.from - 1, range.last) });
      const first = Math.max(at, stretch.from);
      const last = Math.min(range.last, stretch.to - 1);
      if (first <= last) delivered.push({ first, last, deliveryCount: range.deliveryCount });
      at = Math.max(first, last + 1);
    }
  }
  return { records: concatBytes(chunks), delivered, undelivered, gaps, failure };
}

async function readAt(reader: RecordReader, place: Place, offset: number, maxBytes: number): Promise<Result<Stretch>> {
  const options = { ...place, maxBytes: Math.max(1, maxBytes), waitMs: 0, minBytes: 1 };
  let read = await reader.read({ ...options, from: { offset } });
  if (!read.ok && read.error.code === 'OFFSET_OUT_OF_RANGE') {
    const earliest = await reader.read({ ...options, from: 'earliest' });
    // Only what lies below the start of the log is gone; beyond its end there is nothing to give up.
    if (earliest.ok && earliest.value.startOffset > offset) read = earliest;
  }
  if (!read.ok) return read;
  const bytes = new Uint8Array(await read.value.response.arrayBuffer());
  return ok({ bytes, from: read.value.startOffset, to: read.value.nextOffset });
}

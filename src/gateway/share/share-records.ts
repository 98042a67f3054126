import type { ValueRendering } from '../../contracts/record-json.ts';
import { type Failure, ok, type Result } from '../../errors/result.ts';
import type { AcquiredRange, OffsetSpan } from '../../groups/share/share-state.ts';
import { renderRecords } from '../../json/render-records.ts';
import { decompress } from '../../log/compression.ts';
import type { RecordReader } from '../read.ts';

/** What a partition's acquired ranges came to when they were read. */
export type ReadRanges = {
  /** JSON texts of records, in offset order, with their lock. */
  readonly texts: readonly string[];
  /** Acquired and not read: there was no room, or reading broke off. */
  readonly undelivered: readonly OffsetSpan[];
  /** Acquired offsets that hold no record. */
  readonly gaps: readonly OffsetSpan[];
  /** Bytes of the batches that were read. */
  readonly readBytes: number;
  /** Why reading broke off, or null. */
  readonly failure: Failure | null;
};

export type RangesToRead = {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly lockId: string;
  readonly acquired: readonly AcquiredRange[];
  readonly maxBytes: number;
  readonly as: ValueRendering;
};

/** A stretch of the log that was read: batches that cover the offsets between the two. */
type Stretch = { readonly batches: Uint8Array; readonly from: number; readonly to: number };

/** Reads what was acquired of one partition, and renders it as JSON. */
export class ShareRecords {
  readonly #reader: RecordReader;

  constructor(reader: RecordReader) {
    this.#reader = reader;
  }

  async read(wanted: RangesToRead): Promise<ReadRanges> {
    const result = { texts: [] as string[], undelivered: [] as OffsetSpan[], gaps: [] as OffsetSpan[], readBytes: 0 };
    let failure: Failure | null = null;
    let stretch: Stretch = { batches: new Uint8Array(0), from: 0, to: 0 };
    for (const range of wanted.acquired) {
      for (let at = range.first; at <= range.last; ) {
        if (at < stretch.from || at >= stretch.to) {
          const isEnough: boolean = failure !== null || result.readBytes >= wanted.maxBytes;
          const read: Result<Stretch> | null = isEnough
            ? null
            : await this.#stretch(wanted, at, wanted.maxBytes - result.readBytes);
          if (read === null || !read.ok || read.value.to <= at) {
            if (read?.ok === false) failure = read.error;
            result.undelivered.push({ from: at, to: range.last });
            break;
          }
          stretch = read.value;
          result.readBytes += stretch.batches.length;
          const start = Math.min(stretch.from, range.last + 1);
          if (start > at) result.gaps.push({ from: at, to: start - 1 });
          at = Math.max(at, start);
          if (at > range.last) break;
        }
        const rendered = this.#render(wanted, range, stretch, at);
        if (!rendered.ok) {
          failure = rendered.error;
          // What cannot be read at all stays locked, so that its deliveries count and end.
          if (failure.code === 'INVALID_REQUEST') result.undelivered.push({ from: at, to: range.last });
          break;
        }
        result.texts.push(...rendered.value.texts);
        result.gaps.push(...rendered.value.gaps);
        at = rendered.value.next;
      }
    }
    return { ...result, failure };
  }

  async #stretch(
    { topic, topicId, partition }: RangesToRead,
    offset: number,
    maxBytes: number,
  ): Promise<Result<Stretch>> {
    const options = { topic, topicId, partition, maxBytes, waitMs: 0, minBytes: 1 };
    let read = await this.#reader.read({ ...options, from: { offset } });
    if (!read.ok && read.error.code === 'OFFSET_OUT_OF_RANGE') {
      const earliest = await this.#reader.read({ ...options, from: 'earliest' });
      // Only what lies below the start of the log is gone; beyond its end there is nothing to give up.
      if (earliest.ok && earliest.value.startOffset > offset) read = earliest;
    }
    if (!read.ok) return read;
    const batches = new Uint8Array(await read.value.response.arrayBuffer());
    return ok({ batches, from: read.value.startOffset, to: read.value.nextOffset });
  }

  #render({ topic, partition, lockId, as }: RangesToRead, range: AcquiredRange, stretch: Stretch, fromOffset: number) {
    const toOffset = Math.min(range.last + 1, stretch.to);
    const rendered = renderRecords(stretch.batches, {
      topic,
      partition,
      fromOffset,
      toOffset,
      maxRecords: toOffset - fromOffset,
      as,
      shape: 'record',
      isSingleLine: false,
      decompress,
    });
    if (!rendered.ok) return rendered;
    const tail = `,"lock_id":${JSON.stringify(lockId)},"delivery_count":${range.deliveryCount}}`;
    const texts = rendered.value.texts.map((text) => text.slice(0, -1) + tail);
    return ok({ texts, gaps: missing(rendered.value.offsets, fromOffset, toOffset), next: toOffset });
  }
}

/** The stretches between `from` and `to`, the latter not included, that have no offset of the list. */
function missing(offsets: readonly number[], from: number, to: number): OffsetSpan[] {
  const gaps: OffsetSpan[] = [];
  let expected = from;
  for (const offset of [...offsets, to]) {
    if (offset > expected) gaps.push({ from: expected, to: offset - 1 });
    expected = offset + 1;
  }
  return gaps;
}

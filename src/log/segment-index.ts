import { assert } from '../errors/assert.ts';
import { readInt32, readInt64, writeInt32, writeInt64 } from './varint.ts';

/** A new entry begins at the first batch this many bytes after the one before: what a lookup reads too much at most. */
export const indexIntervalBytes = 64 * 1024;

/** Base offset (8 bytes), position (4), largest timestamp up to the next entry (8); big-endian. */
export const indexEntryBytes = 20;

/** A stretch of a segment object, from one index entry up to another: `nextEntry`, which begins at `end`. */
export type SegmentBlock = {
  readonly start: number;
  readonly end: number;
  readonly nextEntry: number;
  /** Base offset of its first batch, */
  readonly baseOffset: number;
  /** and of the first batch after it; null at the segment's end. */
  readonly nextBaseOffset: number | null;
};

/** How many entries a segment of this size has at most. */
export function maxIndexEntries(sizeBytes: number): number {
  return Math.floor(sizeBytes / indexIntervalBytes) + 1;
}

/** Writes the index of a segment while its batches go by. */
export class SegmentIndexWriter {
  readonly #entries: Uint8Array;
  #count = 0;
  #lastPosition = 0;
  #maxTimestampMs = -1;

  constructor(sizeBytes: number) {
    this.#entries = new Uint8Array(maxIndexEntries(sizeBytes) * indexEntryBytes);
  }

  /** The next batch: where it begins in the segment, its base offset and its largest timestamp. */
  add(position: number, baseOffset: number, maxTimestampMs: number): void {
    if (this.#count === 0 || position - this.#lastPosition >= indexIntervalBytes) {
      const at = this.#count * indexEntryBytes;
      assert(at < this.#entries.length, 'entries lie at least an interval apart');
      writeInt64(this.#entries, at, baseOffset);
      writeInt32(this.#entries, at + 8, position);
      this.#count += 1;
      this.#lastPosition = position;
    }
    this.#maxTimestampMs = Math.max(this.#maxTimestampMs, maxTimestampMs);
    writeInt64(this.#entries, (this.#count - 1) * indexEntryBytes + 12, this.#maxTimestampMs);
  }

  get maxTimestampMs(): number {
    return this.#maxTimestampMs;
  }

  /** The entries back to back. */
  take(): Uint8Array {
    return this.#entries.slice(0, this.#count * indexEntryBytes);
  }
}

/**
 * The sparse index of a segment: from an offset or a timestamp to the bytes that are worth reading. `sizeBytes` is
 * where the batches end.
 */
export class SegmentIndex {
  readonly #entries: Uint8Array;
  readonly #sizeBytes: number;

  constructor(entries: Uint8Array, sizeBytes: number) {
    assert(entries.length % indexEntryBytes === 0, 'an index is whole entries');
    this.#entries = entries;
    this.#sizeBytes = sizeBytes;
  }

  get count(): number {
    return this.#entries.length / indexEntryBytes;
  }

  /** Where the entry's batches begin; for the count of entries, where the last one's end. */
  position(entry: number): number {
    return entry < this.count ? readInt32(this.#entries, entry * indexEntryBytes + 8) : this.#sizeBytes;
  }

  /** The entry whose batches may hold `offset`: the last that begins at or below it, or else the first. */
  entryAt(offset: number): number {
    return Math.max(0, this.#countWhile((entry) => this.#baseOffset(entry) <= offset) - 1);
  }

  /** The first entry whose batches reach `timestampMs`; the count of entries when none does. */
  entryReaching(timestampMs: number): number {
    return this.#countWhile((entry) => this.#maxTimestampMs(entry) < timestampMs);
  }

  /**
   * The stretch of about `blockBytes` that `entry` lies in. Stretches do not overlap and cover the segment, so that
   * readers at different offsets ask for the same bytes; one is larger than `blockBytes` by a batch or an interval.
   */
  blockOf(entry: number, blockBytes: number): SegmentBlock {
    const block = (candidate: number) => Math.floor(this.position(candidate) / blockBytes);
    const own = block(entry);
    let first = entry;
    while (first > 0 && block(first - 1) === own) first -= 1;
    let next = entry + 1;
    while (next < this.count && block(next) === own) next += 1;
    return {
      start: this.position(first),
      end: this.position(next),
      nextEntry: next,
      baseOffset: this.#baseOffset(first),
      nextBaseOffset: next < this.count ? this.#baseOffset(next) : null,
    };
  }

  /** How many entries fulfil `holds`, which holds for the first ones only. */
  #countWhile(holds: (entry: number) => boolean): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #baseOffset(entry: number): number {
    return readInt64(this.#entries, entry * indexEntryBytes);
  }

  #maxTimestampMs(entry: number): number {
    return readInt64(this.#entries, entry * indexEntryBytes + 12);
  }
}

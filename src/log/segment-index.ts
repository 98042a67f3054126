import { crc32 } from 'node:zlib';
import { assert } from '../errors/assert.ts';
import { readInt32, readInt64, writeInt32, writeInt64 } from './varint.ts';

/** A new entry begins at the first batch this many bytes after the one before: what a lookup reads too much at most. */
export const indexIntervalBytes = 64 * 1024;

/**
 * Where a field of an entry begins: base offset of its first batch, where that begins in the segment, the largest
 * timestamp up to the next entry, and CRC-32 (the one of zlib, which both runtimes have natively) of the bytes up to it.
 */
const entryField = { baseOffset: 0, position: 8, maxTimestamp: 12, crc: 20 } as const;

/** All integers are big-endian. */
export const indexEntryBytes = 24;

/** A stretch of a segment object, from one index entry up to another, which begins at `end`. */
export type SegmentStretch = { readonly start: number; readonly end: number };

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
      writeInt64(this.#entries, at + entryField.baseOffset, baseOffset);
      writeInt32(this.#entries, at + entryField.position, position);
      this.#count += 1;
      this.#lastPosition = position;
    }
    this.#maxTimestampMs = Math.max(this.#maxTimestampMs, maxTimestampMs);
    const last = (this.#count - 1) * indexEntryBytes;
    writeInt64(this.#entries, last + entryField.maxTimestamp, this.#maxTimestampMs);
  }

  get maxTimestampMs(): number {
    return this.#maxTimestampMs;
  }

  /** The entries back to back, with the checksums of the segment's bytes. */
  take(segment: Uint8Array): Uint8Array {
    const entries = this.#entries.slice(0, this.#count * indexEntryBytes);
    for (let at = 0; at < entries.length; at += indexEntryBytes) {
      const next = at + indexEntryBytes;
      const start = readInt32(entries, at + entryField.position);
      const end = next < entries.length ? readInt32(entries, next + entryField.position) : segment.length;
      writeInt32(entries, at + entryField.crc, crc32(segment.subarray(start, end)));
    }
    return entries;
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
    return entry < this.count
      ? readInt32(this.#entries, entry * indexEntryBytes + entryField.position)
      : this.#sizeBytes;
  }

  /** The base offset of the entry's first batch. */
  baseOffset(entry: number): number {
    return readInt64(this.#entries, entry * indexEntryBytes);
  }

  /** The largest timestamp of the segment up to the next entry. */
  maxTimestampMs(entry: number): number {
    return readInt64(this.#entries, entry * indexEntryBytes + entryField.maxTimestamp);
  }

  /** The entry whose batches may hold `offset`: the last that begins at or below it, or else the first. */
  entryAt(offset: number): number {
    return Math.max(0, this.#countWhile((entry) => this.baseOffset(entry) <= offset) - 1);
  }

  /** The first entry whose batches reach `timestampMs`; the count of entries when none does. */
  entryReaching(timestampMs: number): number {
    return this.#countWhile((entry) => this.maxTimestampMs(entry) < timestampMs);
  }

  /** The entry that begins at a position, or else the first after it. */
  entryFrom(position: number): number {
    return this.#countWhile((entry) => this.position(entry) < position);
  }

  /** As many entries from this one on as fit `maxBytes`, at least one. */
  stretchFrom(entry: number, maxBytes: number): SegmentStretch {
    const start = this.position(entry);
    const fitting = this.#countWhile((candidate) => this.position(candidate) <= start + maxBytes);
    const isWhole = this.#sizeBytes <= start + maxBytes;
    const next = isWhole ? this.count : Math.max(entry + 1, fitting - 1);
    return { start, end: this.position(next) };
  }

  /** Whether the bytes of a stretch are those that were written: of every entry that lies in it. */
  isIntact({ start, end }: SegmentStretch, bytes: Uint8Array): boolean {
    for (let entry = this.entryFrom(start); entry < this.count && this.position(entry) < end; entry += 1) {
      const part = bytes.subarray(this.position(entry) - start, this.position(entry + 1) - start);
      const stated = readInt32(this.#entries, entry * indexEntryBytes + entryField.crc) >>> 0;
      if (crc32(part) !== stated) return false;
    }
    return true;
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
}

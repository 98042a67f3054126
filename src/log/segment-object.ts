import { assert } from '../errors/assert.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { crc32c } from './crc32c.ts';
import { indexEntryBytes, maxIndexEntries, SegmentIndex, SegmentIndexWriter } from './segment-index.ts';
import { verifyStoredBatches } from './stored-batches.ts';
import { readInt32, readInt64, writeInt32, writeInt64 } from './varint.ts';

/**
 * A tiered segment as one immutable object: its batches back to back, exactly as they stood in the rows, then the
 * entries of its index (segment-index.ts), then this trailer. All integers are big-endian. The index has checksums of
 * the batches, the CRC-32C of the footer covers the index and the trailer before it; the last bytes say how to find everything else (docs/storage.md).
 */
const trailerField = {
  baseOffset: 0,
  lastOffset: 8,
  maxTimestamp: 16,
  batchCount: 24,
  dataBytes: 28,
  indexBytes: 32,
  footerCrc: 36,
  formatVersion: 40,
  magic: 44,
} as const;

export const segmentTrailerBytes = 52;

const formatVersion = 1;

/** "MLRCSEGM". */
const magic = Uint8Array.of(0x4d, 0x4c, 0x52, 0x43, 0x53, 0x45, 0x47, 0x4d);

/** What a segment object says about itself. */
export type SegmentFooter = {
  /** The offsets it stands for, both inclusive; compaction may have left out any of them. */
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** The largest timestamp in it, or -1. */
  readonly maxTimestampMs: number;
  readonly batchCount: number;
  /** Bytes of its batches, which come first. */
  readonly dataBytes: number;
  /** Entries of its index, as segment-index.ts reads them. */
  readonly index: Uint8Array;
};

/** Builds a segment object from batches, which are verified on the way. Holds the whole object, and nothing more, in memory. */
export class SegmentObjectBuilder {
  readonly #bytes: Uint8Array;
  readonly #index: SegmentIndexWriter;
  readonly #range: { readonly baseOffset: number; readonly lastOffset: number };
  #dataBytes = 0;
  #batchCount = 0;
  #nextOffset: number;

  /** For `sizeBytes` of batches with offsets in `range`, both inclusive. */
  constructor(range: { readonly baseOffset: number; readonly lastOffset: number }, sizeBytes: number) {
    this.#range = range;
    this.#nextOffset = range.baseOffset;
    this.#bytes = new Uint8Array(sizeBytes + maxIndexEntries(sizeBytes) * indexEntryBytes + segmentTrailerBytes);
    this.#index = new SegmentIndexWriter(sizeBytes);
  }

  /** The offset after the last batch so far. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** Whole batches, following those before. KAFKA_STORAGE_ERROR when one of them is damaged; the object is void then. */
  append(batches: Uint8Array): Result<null> {
    const base = this.#dataBytes;
    const verified = verifyStoredBatches(batches, this.#nextOffset, (header, at) => {
      this.#index.add(base + at, header.baseOffset, header.maxTimestampMs);
      this.#batchCount += 1;
    });
    if (!verified.ok) return verified;
    if (verified.value - 1 > this.#range.lastOffset) {
      return failed(
        'KAFKA_STORAGE_ERROR',
        `The segment at offset ${this.#range.baseOffset} ends at ${this.#range.lastOffset}, but its batches go on to ${verified.value - 1}.`,
      );
    }
    this.#bytes.set(batches, base);
    this.#dataBytes += batches.length;
    this.#nextOffset = verified.value;
    return ok(null);
  }

  /** The object's bytes, and its footer as a reader would parse it. */
  finish(): { bytes: Uint8Array; footer: SegmentFooter } {
    const footer: SegmentFooter = {
      ...this.#range,
      maxTimestampMs: this.#index.maxTimestampMs,
      batchCount: this.#batchCount,
      dataBytes: this.#dataBytes,
      index: this.#index.take(this.#bytes.subarray(0, this.#dataBytes)),
    };
    const bytes = this.#bytes.subarray(0, this.#dataBytes + footer.index.length + segmentTrailerBytes);
    bytes.set(footer.index, this.#dataBytes);
    writeTrailer(bytes, footer);
    return { bytes, footer };
  }
}

function writeTrailer(bytes: Uint8Array, footer: SegmentFooter): void {
  const at = bytes.length - segmentTrailerBytes;
  writeInt64(bytes, at + trailerField.baseOffset, footer.baseOffset);
  writeInt64(bytes, at + trailerField.lastOffset, footer.lastOffset);
  writeInt64(bytes, at + trailerField.maxTimestamp, footer.maxTimestampMs);
  writeInt32(bytes, at + trailerField.batchCount, footer.batchCount);
  writeInt32(bytes, at + trailerField.dataBytes, footer.dataBytes);
  writeInt32(bytes, at + trailerField.indexBytes, footer.index.length);
  writeInt32(bytes, at + trailerField.footerCrc, crc32c(bytes, footer.dataBytes, at + trailerField.footerCrc));
  writeInt32(bytes, at + trailerField.formatVersion, formatVersion);
  bytes.set(magic, at + trailerField.magic);
}

/**
 * Reads the footer from the end of an object, which `tail` must reach far enough to hold: `objectBytes` is the size of
 * the whole. KAFKA_STORAGE_ERROR when it is not what {@link SegmentObjectBuilder} wrote.
 */
export function parseSegmentFooter(tail: Uint8Array, objectBytes: number): Result<SegmentFooter> {
  const at = tail.length - segmentTrailerBytes;
  if (at < 0 || !magic.every((byte, index) => tail[at + trailerField.magic + index] === byte)) {
    return damaged('it does not end as a segment object does');
  }
  const version = readInt32(tail, at + trailerField.formatVersion);
  if (version !== formatVersion) return damaged(`its format ${version} is not known`);
  const indexBytes = readInt32(tail, at + trailerField.indexBytes);
  const dataBytes = readInt32(tail, at + trailerField.dataBytes);
  const areSizesRight =
    indexBytes >= 0 &&
    indexBytes % indexEntryBytes === 0 &&
    dataBytes >= 0 &&
    dataBytes + indexBytes + segmentTrailerBytes === objectBytes;
  if (!areSizesRight) return damaged(`its parts do not add up to its ${objectBytes} bytes`);
  assert(indexBytes <= at, 'the footer lies within the bytes that were read for it');
  const stated = readInt32(tail, at + trailerField.footerCrc) >>> 0;
  const computed = crc32c(tail, at - indexBytes, at + trailerField.footerCrc);
  if (stated !== computed) return damaged(`the CRC of its footer is ${stated}, but its bytes have ${computed}`);
  return ok({
    baseOffset: readInt64(tail, at + trailerField.baseOffset),
    lastOffset: readInt64(tail, at + trailerField.lastOffset),
    maxTimestampMs: readInt64(tail, at + trailerField.maxTimestamp),
    batchCount: readInt32(tail, at + trailerField.batchCount),
    dataBytes,
    index: tail.slice(at - indexBytes, at),
  });
}

/** Checks every byte of a whole object: footer, checksums, and each batch. */
export function verifySegmentObject(bytes: Uint8Array): Result<SegmentFooter> {
  const parsed = parseSegmentFooter(bytes, bytes.length);
  if (!parsed.ok) return parsed;
  const { dataBytes, baseOffset, batchCount } = parsed.value;
  const index = new SegmentIndex(parsed.value.index, dataBytes);
  const isIntact = index.isIntact({ start: 0, end: dataBytes }, bytes.subarray(0, dataBytes));
  if (!isIntact) return damaged('its bytes do not have the checksums of its index');
  let counted = 0;
  const verified = verifyStoredBatches(bytes.subarray(0, dataBytes), baseOffset, () => {
    counted += 1;
  });
  if (!verified.ok) return verified;
  return counted === batchCount ? parsed : damaged(`it says it has ${batchCount} batches, but has ${counted}`);
}

function damaged(why: string): Result<never> {
  return failed('KAFKA_STORAGE_ERROR', `A segment object is damaged: ${why}.`);
}

import { failed, ok, type Result } from '../errors/result.ts';
import type { BlobStore } from '../platform/blob-store.ts';
import { cutBatches, firstOffsetReaching } from './batch-walk.ts';
import type { BlockCache } from './block-cache.ts';
import { concatBytes } from './concat-bytes.ts';
import { storeFailure } from './object-store-failure.ts';
import { batchField } from './record-batch.ts';
import type { RemoteSegment } from './remote-segments.ts';
import { type SegmentBlock, SegmentIndex } from './segment-index.ts';
import { verifyStoredBatches } from './stored-batches.ts';
import { readInt64 } from './varint.ts';

/**
 * Objects are read in stretches of about this much: a reader that goes on finds the rest in the cache, and one that
 * wants a single record does not wait for much more than that.
 */
const blockBytes = 1024 * 1024;

/** A reader that comes on from the stretch before gets this much at once: the way to the store is long. */
export const readAheadBytes = 4 * 1024 * 1024;

/** The object is not there: whoever planned the read must look again. */
export const objectMissing = 'object-missing';

export type ObjectMissing = typeof objectMissing;

export type BatchesRead = { readonly batches: Uint8Array; readonly nextOffset: number };

/** Reads batches out of tiered segments. Every batch is checked against its CRC before anything is answered. */
export class RemoteSegmentReader {
  readonly #blobs: Pick<BlobStore, 'read'>;
  readonly #cache: BlockCache;
  readonly #readAheadBytes: number;

  /** `aheadBytes`: what is read at once for a reader that goes through a segment. */
  constructor(blobs: Pick<BlobStore, 'read'>, cache: BlockCache, aheadBytes = 0) {
    this.#blobs = blobs;
    this.#cache = cache;
    this.#readAheadBytes = aheadBytes;
  }

  /**
   * Whole batches of this segment from the one that holds `offset` on, or the first after it: at least one and
   * otherwise at most `maxBytes`. None when the segment has nothing at or after it; `nextOffset` is then the one after
   * the segment.
   */
  async read(segment: RemoteSegment, offset: number, maxBytes: number): Promise<Result<BatchesRead | ObjectMissing>> {
    const index = new SegmentIndex(segment.index, segment.sizeBytes);
    const pieces: Uint8Array[] = [];
    let left = maxBytes;
    let nextOffset = offset;
    for (let entry = index.entryAt(offset); entry < index.count; ) {
      const block = index.blockOf(entry, blockBytes);
      const bytes = await this.#load(segment, index, block);
      if (!bytes.ok) return bytes;
      if (bytes.value === objectMissing) return ok(objectMissing);
      const cut = cutBatches(bytes.value.subarray(index.position(entry) - block.start), nextOffset, left);
      const isTooMuch = pieces.length > 0 && cut.batches.length > left;
      if (isTooMuch) return ok({ batches: concatBytes(pieces), nextOffset });
      if (cut.batches.length > 0) {
        pieces.push(cut.batches);
        left -= cut.batches.length;
        nextOffset = cut.nextOffset;
      }
      const isCutShort = cut.batches.length > 0 && !endsAtEnd(cut.batches, bytes.value);
      if (isCutShort || left <= 0) return ok({ batches: concatBytes(pieces), nextOffset });
      entry = block.nextEntry;
    }
    return ok({ batches: concatBytes(pieces), nextOffset: Math.max(nextOffset, segment.lastOffset + 1) });
  }

  /** Offset of the first record here, at or after `minOffset`, whose timestamp is at least `timestampMs`; null without one. */
  async find(
    segment: RemoteSegment,
    timestampMs: number,
    minOffset: number,
  ): Promise<Result<number | null | ObjectMissing>> {
    const index = new SegmentIndex(segment.index, segment.sizeBytes);
    const first = Math.max(index.entryReaching(timestampMs), index.entryAt(minOffset));
    for (let entry = first; entry < index.count; ) {
      const block = index.blockOf(entry, blockBytes);
      const bytes = await this.#load(segment, index, block);
      if (!bytes.ok) return bytes;
      if (bytes.value === objectMissing) return ok(objectMissing);
      const from = bytes.value.subarray(index.position(entry) - block.start);
      const found = firstOffsetReaching(from, timestampMs, minOffset);
      if (found !== null) return ok(found);
      entry = block.nextEntry;
    }
    return ok(null);
  }

  async #load(
    segment: RemoteSegment,
    index: SegmentIndex,
    block: SegmentBlock,
  ): Promise<Result<Uint8Array | ObjectMissing>> {
    const cached = this.#cache.get(segment.key, block.start);
    if (cached !== null) return ok(cached);
    const ahead = this.#blocksAhead(segment, index, block);
    const { start } = block;
    const end = ahead.at(-1)?.end ?? block.end;
    let bytes: Uint8Array | null;
    try {
      bytes = await this.#blobs.read(segment.key, { offset: start, length: end - start });
    } catch (cause) {
      return storeFailure(`read the segment at offset ${segment.baseOffset}`, cause);
    }
    if (bytes === null) return ok(objectMissing);
    if (bytes.length !== end - start) {
      return failed(
        'KAFKA_STORAGE_ERROR',
        `The stored segment at offset ${segment.baseOffset} ends after ${start + bytes.length} bytes of ${segment.sizeBytes}.`,
        { offset: segment.baseOffset },
      );
    }
    // Copies, where several blocks came together: one that stays in the cache must not keep all of them in memory.
    const own = ahead.length === 0 ? bytes : bytes.slice(0, block.end - start);
    const verified = verifyBlock(own, block, segment);
    if (!verified.ok) return verified;
    this.#cache.put(segment.key, start, own);
    for (const next of ahead) {
      const part = bytes.slice(next.start - start, next.end - start);
      // A damaged one is read again, and reported, when a reader gets there.
      if (verifyBlock(part, next, segment).ok) this.#cache.put(segment.key, next.start, part);
    }
    return ok(own);
  }

  /** The blocks after this one to read with it: none, unless the one before it was just read. */
  #blocksAhead(segment: RemoteSegment, index: SegmentIndex, block: SegmentBlock): SegmentBlock[] {
    const before = block.start === 0 ? null : index.blockOf(index.entryAt(block.baseOffset) - 1, blockBytes);
    if (before === null || this.#cache.get(segment.key, before.start) === null) return [];
    const ahead: SegmentBlock[] = [];
    for (let entry = block.nextEntry; entry < index.count; ) {
      const next = index.blockOf(entry, blockBytes);
      if (next.end - block.start > this.#readAheadBytes) return ahead;
      ahead.push(next);
      entry = next.nextEntry;
    }
    return ahead;
  }
}

/** Checks every batch of a block, and that they are the ones the index says. */
function verifyBlock(bytes: Uint8Array, block: SegmentBlock, segment: RemoteSegment): Result<null> {
  const verified = verifyStoredBatches(bytes, block.baseOffset);
  if (!verified.ok) return verified;
  const endMax = block.nextBaseOffset ?? segment.lastOffset + 1;
  if (readInt64(bytes, batchField.baseOffset) === block.baseOffset && verified.value <= endMax) return ok(null);
  return failed(
    'KAFKA_STORAGE_ERROR',
    `The stored batches at offset ${block.baseOffset} are damaged: their offsets are not those of the index.`,
    { offset: block.baseOffset },
  );
}

/** Whether a view of `block` reaches to its end. */
function endsAtEnd(view: Uint8Array, block: Uint8Array): boolean {
  return view.byteOffset + view.length === block.byteOffset + block.length;
}

import { failed, ok, type Result } from '../errors/result.ts';
import type { BlobStore } from '../platform/blob-store.ts';
import { cutBatches, firstOffsetReaching } from './batch-walk.ts';
import { concatBytes } from './concat-bytes.ts';
import { storeFailure } from './object-store-failure.ts';
import type { RemoteSegment } from './remote-segments.ts';
import { SegmentIndex, type SegmentStretch } from './segment-index.ts';
import type { LoadingStretch, StretchCache } from './stretch-cache.ts';

/** What is read at least, so that a reader of small pieces does not go to the store for each. */
const leastReadBytes = 128 * 1024;

/** The object is not there: whoever planned the read must look again. */
export const objectMissing = 'object-missing';

export type ObjectMissing = typeof objectMissing;

export type BatchesRead = { readonly batches: Uint8Array; readonly nextOffset: number };

/** Inside one object, where no reader goes away before the others. */
const forAsLongAsItTakes = () => new Promise<void>(() => {});

/** Reads batches out of tiered segments. Every byte is checked against the index before it is answered. */
export class RemoteSegmentReader {
  readonly #blobs: Pick<BlobStore, 'read'>;
  readonly #cache: StretchCache;
  readonly #passingReadBytes: number;
  readonly #patience: () => Promise<void>;

  /**
   * `patience` resolves when another reader has been waited for long enough. `passingReadBytes` is read at once for who goes through an object from one read to the next: the way there is long.
   */
  constructor(
    blobs: Pick<BlobStore, 'read'>,
    cache: StretchCache,
    passingReadBytes: number,
    patience: () => Promise<void> = forAsLongAsItTakes,
  ) {
    this.#blobs = blobs;
    this.#cache = cache;
    this.#passingReadBytes = passingReadBytes;
    this.#patience = patience;
  }

  /**
   * Whole batches of this segment from the one that holds `offset` on, or the first after it: at least one and
   * otherwise at most `maxBytes`, and as much as half of that if the segment has it. None when it has nothing at or
   * after `offset`; `nextOffset` is then the one after the segment.
   */
  async read(segment: RemoteSegment, offset: number, maxBytes: number): Promise<Result<BatchesRead | ObjectMissing>> {
    const index = new SegmentIndex(segment.index, segment.sizeBytes);
    const pieces: Uint8Array[] = [];
    let left = maxBytes;
    let nextOffset = offset;
    for (let position = index.position(index.entryAt(offset)); position < segment.sizeBytes; ) {
      const loaded = await this.#load(segment, index, position, left);
      if (!loaded.ok) return loaded;
      if (loaded.value === objectMissing) return ok(objectMissing);
      const stretch = loaded.value;
      const cut = cutBatches(stretch, nextOffset, left, Number.POSITIVE_INFINITY);
      if (pieces.length > 0 && cut.batches.length > left) return ok({ batches: concatBytes(pieces), nextOffset });
      if (cut.batches.length > 0) {
        pieces.push(cut.batches);
        left -= cut.batches.length;
        nextOffset = cut.nextOffset;
        const isCutShort = cut.batches.byteOffset + cut.batches.length < stretch.byteOffset + stretch.length;
        if (isCutShort || left < maxBytes / 2) return ok({ batches: concatBytes(pieces), nextOffset });
      }
      position += stretch.length;
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
    for (let position = index.position(first); position < segment.sizeBytes; ) {
      const loaded = await this.#load(segment, index, position, leastReadBytes);
      if (!loaded.ok) return loaded;
      if (loaded.value === objectMissing) return ok(objectMissing);
      const found = firstOffsetReaching(loaded.value, timestampMs, minOffset);
      if (found !== null) return ok(found);
      position += loaded.value.length;
    }
    return ok(null);
  }

  /** The bytes from an index entry's position on, about as many as are wanted, from the cache or the store. */
  async #load(
    segment: RemoteSegment,
    index: SegmentIndex,
    position: number,
    wantedBytes: number,
  ): Promise<Result<Uint8Array | ObjectMissing>> {
    const underWay = this.#cache.findLoading(segment.key, position);
    if (underWay !== null) await this.#wait(underWay);
    const cached = this.#cache.find(segment.key, position);
    if (cached !== null) return ok(cached.bytes.subarray(position - cached.start));
    const isPassing = this.#cache.isOnTheWay(segment.key, position, this.#passingReadBytes);
    const bytes = Math.max(wantedBytes, isPassing ? this.#passingReadBytes : leastReadBytes);
    const { start, end } = index.stretchFrom(index.entryFrom(position), bytes);
    // What is there already, or on its way, is not read again.
    const stretch = { start, end: Math.min(end, this.#cache.nextStart(segment.key, start) ?? end) };
    const done = this.#fetch(segment, index, stretch);
    const loading = { ...stretch, objectKey: segment.key, done };
    this.#cache.beginLoading(loading);
    const loaded = await done;
    this.#cache.endLoading(loading);
    return loaded;
  }

  /** Waits until another reader has read a stretch, but not too long: that reader may be gone. */
  async #wait(loading: LoadingStretch): Promise<void> {
    await Promise.race([loading.done, this.#patience()]);
    this.#cache.endLoading(loading);
  }

  /** Reads a stretch, checks it and keeps it; never rejects. */
  async #fetch(
    segment: RemoteSegment,
    index: SegmentIndex,
    stretch: SegmentStretch,
  ): Promise<Result<Uint8Array | ObjectMissing>> {
    const length = stretch.end - stretch.start;
    let bytes: Uint8Array | null;
    try {
      bytes = await this.#blobs.read(segment.key, { offset: stretch.start, length });
    } catch (cause) {
      return storeFailure(`read the segment at offset ${segment.baseOffset}`, cause);
    }
    if (bytes === null) return ok(objectMissing);
    if (bytes.length !== length) {
      return failed(
        'KAFKA_STORAGE_ERROR',
        `The stored segment at offset ${segment.baseOffset} ends after ${stretch.start + bytes.length} bytes of ${segment.sizeBytes}.`,
        { offset: segment.baseOffset },
      );
    }
    if (!index.isIntact(stretch, bytes)) return damaged(segment, stretch.start);
    this.#cache.put(segment.key, stretch.start, bytes);
    return ok(bytes);
  }
}

function damaged({ baseOffset }: RemoteSegment, position: number): Result<never> {
  return failed(
    'KAFKA_STORAGE_ERROR',
    `The stored segment at offset ${baseOffset} is damaged at byte ${position} or after it: its checksum is not the one it was written with. Nothing is skipped; the operator must restore it.`,
    { offset: baseOffset },
  );
}

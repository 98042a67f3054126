import type { Result } from '../errors/result.ts';
import { limits } from '../limits.ts';

/** The codecs of the record batch format v2; a codec's index is its id in the low three bits of the attributes. */
export const compressionTypes = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export type CompressionType = (typeof compressionTypes)[number];

/**
 * Opens a compressed records section. Bytes that are no such stream are CORRUPT_MESSAGE, more than `maxBytes` of
 * output MESSAGE_TOO_LARGE. Handed in as an argument, since not every platform has every codec: src/log/compression.ts
 * has all of them where there is node:zlib.
 */
export type Decompress = (type: CompressionType, bytes: Uint8Array, maxBytes: number) => Result<Uint8Array>;

export type Compress = (type: CompressionType, bytes: Uint8Array) => Uint8Array;

/**
 * How large one batch's records may become: room for 1.9 MB batches that compress 8 times, small enough that a few at
 * once fit an isolate of 128 MB. Absolute, since a ratio would refuse honest repetitive data.
 */
export const maxDecompressedBytes = limits.decompressedBatchBytes.value;

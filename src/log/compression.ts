import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { failed, ok, type Result } from '../errors/result.ts';
import type { CompressionType } from './compression-type.ts';
import { compressLz4 } from './lz4.ts';
import { decompressPortable } from './portable-decompression.ts';
import { compressSnappy } from './snappy.ts';

/**
 * The largest window a zstd frame may ask its decoder to hold, 2^24: as much as a batch may decompress to. The
 * library's own limit of 128 MB would let one crafted batch take a whole isolate.
 */
const zstdMaxWindowLog = 24;

/**
 * Added to the bound that zlib is given: workerd refuses output that fills its bound exactly, Node does not. The exact
 * bound is checked afterwards.
 */
const zlibSlackBytes = 64 * 1024;

/** Compresses a records section with a codec of the record batch format v2. */
export function compress(type: CompressionType, bytes: Uint8Array): Uint8Array {
  switch (type) {
    case 'none':
      return bytes;
    case 'gzip':
      return plain(gzipSync(bytes));
    case 'snappy':
      return compressSnappy(bytes);
    case 'lz4':
      return compressLz4(bytes);
    case 'zstd':
      return plain(zstdCompressSync(bytes));
  }
}

/**
 * Opens a compressed records section: CORRUPT_MESSAGE when the bytes are no such stream or end too early,
 * MESSAGE_TOO_LARGE when they hold more than `maxBytes`, which is found out before that much is allocated.
 */
export function decompress(type: CompressionType, bytes: Uint8Array, maxBytes: number): Result<Uint8Array> {
  const maxOutputLength = maxBytes + zlibSlackBytes;
  switch (type) {
    case 'gzip':
      return withZlib(type, maxBytes, () => gunzipSync(bytes, { maxOutputLength }));
    case 'zstd': {
      const params = { [constants.ZSTD_d_windowLogMax]: zstdMaxWindowLog };
      return withZlib(type, maxBytes, () => zstdDecompressSync(bytes, { maxOutputLength, params }));
    }
    default:
      return decompressPortable(type, bytes, maxBytes);
  }
}

function withZlib(type: CompressionType, maxBytes: number, open: () => Uint8Array): Result<Uint8Array> {
  try {
    const opened = open();
    // workerd opens no bytes at all as a zstd stream of nothing; a records section is never empty.
    if (opened.length === 0) return failed('CORRUPT_MESSAGE', `The ${type} data holds no bytes.`);
    return opened.length > maxBytes ? tooLarge(type, maxBytes) : ok(plain(opened));
  } catch (error) {
    // The only sign of a full output that Node and workerd share; Node alone adds a code.
    if (error instanceof RangeError) return tooLarge(type, maxBytes);
    const why = error instanceof Error ? error.message : String(error);
    return failed('CORRUPT_MESSAGE', `The ${type} data cannot be read: ${why}.`);
  }
}

function tooLarge(type: CompressionType, maxBytes: number): Result<never> {
  const message = `The ${type} data holds more than the ${maxBytes} bytes a batch may decompress to.`;
  return failed('MESSAGE_TOO_LARGE', message);
}

/** A Buffer is a Uint8Array whose `slice` and `toString` mean something else; callers get the plain kind. */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

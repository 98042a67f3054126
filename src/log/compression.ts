import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { failed, ok, type Result } from '../errors/result.ts';
import type { CompressionType } from './compression-type.ts';
import { compressLz4, decompressLz4 } from './lz4.ts';
import { compressSnappy, decompressSnappy } from './snappy.ts';

/**
 * The largest window a zstd frame may ask its decoder to hold, 2^24: as much as a batch may decompress to. The
 * library's own limit of 128 MB would let one crafted batch take a whole isolate.
 */
const zstdMaxWindowLog = 24;

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
  switch (type) {
    case 'none':
      return ok(bytes);
    case 'gzip':
      return withZlib(type, maxBytes, () => gunzipSync(bytes, { maxOutputLength: maxBytes }));
    case 'snappy':
      return decompressSnappy(bytes, maxBytes);
    case 'lz4':
      return decompressLz4(bytes, maxBytes);
    case 'zstd':
      return withZlib(type, maxBytes, () =>
        zstdDecompressSync(bytes, {
          maxOutputLength: maxBytes,
          params: { [constants.ZSTD_d_windowLogMax]: zstdMaxWindowLog },
        }),
      );
  }
}

function withZlib(type: CompressionType, maxBytes: number, open: () => Uint8Array): Result<Uint8Array> {
  try {
    return ok(plain(open()));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      const message = `The ${type} data holds more than the ${maxBytes} bytes a batch may decompress to.`;
      return failed('MESSAGE_TOO_LARGE', message);
    }
    return failed(
      'CORRUPT_MESSAGE',
      `The ${type} data cannot be read: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

/** A Buffer is a Uint8Array whose `slice` and `toString` mean something else; callers get the plain kind. */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

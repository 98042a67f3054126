import { failed, ok, type Result } from '../errors/result.ts';
import type { CompressionType } from './compression-type.ts';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

/**
 * A `Decompress` for platforms without node:zlib, browsers above all: opens what plain TypeScript can, and answers
 * UNSUPPORTED_COMPRESSION_TYPE for gzip and zstd, which browsers open only asynchronously or not at all.
 */
export function decompressPortable(type: CompressionType, bytes: Uint8Array, maxBytes: number): Result<Uint8Array> {
  switch (type) {
    case 'none':
      return ok(bytes);
    case 'snappy':
      return decompressSnappy(bytes, maxBytes);
    case 'lz4':
      return decompressLz4(bytes, maxBytes);
    case 'gzip':
    case 'zstd':
      return failed(
        'UNSUPPORTED_COMPRESSION_TYPE',
        `The batch is compressed with ${type}, which cannot be opened here; read it as JSON, or produce it with lz4 or snappy.`,
      );
  }
}

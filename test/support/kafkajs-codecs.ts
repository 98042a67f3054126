import { createRequire } from 'node:module';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';

const { CompressionCodecs, CompressionTypes } = kafkajs;

const require = createRequire(import.meta.url);
const lz4js: { compress(bytes: Uint8Array): Uint8Array; decompress(bytes: Uint8Array): Uint8Array } = require('lz4js');
const snappyjs: {
  compress(bytes: Uint8Array): Uint8Array;
  uncompress(bytes: Uint8Array): Uint8Array;
} = require('snappyjs');

/** What the frames of Java's clients begin with. */
const xerialMagic = Buffer.from('\x82SNAPPY\0', 'latin1');

/** snappyjs knows no frames; without them it is what clients other than Java's send. */
function openSnappy(bytes: Buffer): Uint8Array {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return snappyjs.uncompress(bytes);
  const blocks: Uint8Array[] = [];
  for (let at = 16; at < bytes.length; at += 4 + bytes.readInt32BE(at)) {
    blocks.push(snappyjs.uncompress(bytes.subarray(at + 4, at + 4 + bytes.readInt32BE(at))));
  }
  return Buffer.concat(blocks);
}

function codec(close: (bytes: Uint8Array) => Uint8Array, open: (bytes: Buffer) => Uint8Array) {
  return () => ({
    compress: async (encoder: { readonly buffer: Buffer }) => Buffer.from(close(new Uint8Array(encoder.buffer))),
    decompress: async (bytes: Buffer) => Buffer.from(open(bytes)),
  });
}

/** kafkajs brings gzip alone; the others are plugged in as its documentation says. */
export function registerKafkajsCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = codec(snappyjs.compress, openSnappy);
  CompressionCodecs[CompressionTypes.LZ4] = codec(lz4js.compress, lz4js.decompress);
  CompressionCodecs[CompressionTypes.ZSTD] = codec(zstdCompressSync, zstdDecompressSync);
}

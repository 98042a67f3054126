import { compress as compressRaw } from 'snappyjs';
import { failed, ok, type Result } from '../errors/result.ts';
import { copyBytes, repeatBytes } from './copy-bytes.ts';
import { readInt32, writeInt32 } from './varint.ts';

/**
 * Snappy as Kafka clients send it: raw (one stream of the Snappy format description), or in the frames of xerial's
 * snappy-java, which the Java client writes:
 *
 *     "\x82SNAPPY\0", i32 version, i32 compatible version, then blocks: i32 size, a raw stream of that size
 *
 * The decoder is ours since that of snappyjs takes no bound for its work: crafted literal lengths send it backwards
 * without end, and a stream shorter than it says comes back padded with zeros.
 */
const xerialMagic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00] as const;
const xerialHeaderBytes = 16;

/** snappy-java's default block size. */
const encodedBlockBytes = 32 * 1024;

/** A stream cannot grow more than this: its densest element makes 64 bytes of 3. Longer declared lengths are lies. */
const maxExpansion = 22;

/** Compresses to xerial frames. */
export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  let size = xerialHeaderBytes;
  for (let start = 0; start < bytes.length; start += encodedBlockBytes) {
    // A plain Uint8Array: of a Buffer the library makes a Buffer.
    const block = compressRaw(Uint8Array.from(bytes.subarray(start, start + encodedBlockBytes)));
    blocks.push(block);
    size += 4 + block.length;
  }
  const target = new Uint8Array(size);
  target.set(xerialMagic);
  writeInt32(target, 8, 1);
  writeInt32(target, 12, 1);
  let next = xerialHeaderBytes;
  for (const block of blocks) {
    writeInt32(target, next, block.length);
    target.set(block, next + 4);
    next += 4 + block.length;
  }
  return target;
}

/** Decompresses a raw stream or xerial frames; lengths are added up before anything is allocated. */
export function decompressSnappy(bytes: Uint8Array, maxBytes: number): Result<Uint8Array> {
  const streams = isXerial(bytes) ? findBlocks(bytes) : [readPreamble(bytes, 0, bytes.length)];
  if (streams === undefined) return corrupt('it is cut off');
  let size = 0;
  for (const stream of streams) {
    if (stream === undefined) return corrupt('its length is not one its bytes can make');
    size += stream.size;
  }
  if (size > maxBytes) {
    const message = `The Snappy data holds ${size} bytes, more than the ${maxBytes} a batch may decompress to.`;
    return failed('MESSAGE_TOO_LARGE', message);
  }
  const target = new Uint8Array(size);
  let next = 0;
  for (const stream of streams) {
    if (stream === undefined || !decodeStream(bytes, stream, target, next))
      return corrupt('an element in it is unsound');
    next += stream.size;
  }
  return ok(target);
}

function isXerial(bytes: Uint8Array): boolean {
  return bytes.length >= xerialHeaderBytes && xerialMagic.every((byte, index) => bytes[index] === byte);
}

/** A raw stream: its elements lie in `[start, end)` and make `size` bytes. */
type Stream = { readonly start: number; readonly end: number; readonly size: number };

function findBlocks(bytes: Uint8Array): (Stream | undefined)[] | undefined {
  const streams: (Stream | undefined)[] = [];
  for (let at = xerialHeaderBytes; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined;
    const size = readInt32(bytes, at);
    if (size < 0 || size > bytes.length - at - 4) return undefined;
    streams.push(readPreamble(bytes, at + 4, at + 4 + size));
    at += 4 + size;
  }
  return streams;
}

/** Reads the varint of the uncompressed length; undefined when it is none or one that cannot be true. */
function readPreamble(bytes: Uint8Array, start: number, end: number): Stream | undefined {
  let size = 0;
  for (let at = start, scale = 1; at < Math.min(end, start + 5); at++, scale *= 0x80) {
    const byte = bytes[at]!;
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) return size > (end - at) * maxExpansion ? undefined : { start: at + 1, end, size };
  }
  return undefined;
}

/** Decodes a stream to `target[start, start + size)`; false when it is unsound or makes another number of bytes. */
function decodeStream(bytes: Uint8Array, stream: Stream, target: Uint8Array, start: number): boolean {
  const limit = start + stream.size;
  let at = stream.start;
  let next = start;
  while (at < stream.end) {
    const tag = bytes[at++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let size = (tag >>> 2) + 1;
      if (size > 60) {
        const lengthBytes = size - 60;
        if (lengthBytes > stream.end - at) return false;
        size = readLittleEndian(bytes, at, lengthBytes) + 1;
        at += lengthBytes;
      }
      if (size > stream.end - at || size > limit - next) return false;
      next = copyBytes(target, next, bytes, at, at + size);
      at += size;
    } else {
      const distanceBytes = kind === 3 ? 4 : kind;
      if (distanceBytes > stream.end - at) return false;
      const size = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
      const low = readLittleEndian(bytes, at, distanceBytes);
      const distance = kind === 1 ? low | ((tag >>> 5) << 8) : low;
      at += distanceBytes;
      if (distance === 0 || distance > next - start || size > limit - next) return false;
      next = repeatBytes(target, next, distance, size);
    }
  }
  return next === limit;
}

/** An unsigned integer of one to four bytes. */
function readLittleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let index = size - 1; index >= 0; index--) value = value * 0x100 + bytes[at + index]!;
  return value;
}

function corrupt(why: string): Result<never> {
  return failed('CORRUPT_MESSAGE', `The Snappy data cannot be read: ${why}.`);
}

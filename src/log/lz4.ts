import { failed, ok, type Result } from '../errors/result.ts';
import { copyBytes, repeatBytes } from './copy-bytes.ts';
import { xxHash32 } from './xxhash.ts';

/**
 * The LZ4 frame format (lz4_Frame_format.md 1.6), as Kafka's record batches v2 use it:
 *
 *     u32 magic, FLG, BD, [u64 content size], [u32 dictionary id], header checksum,
 *     blocks: u32 size (bit 31: stored), bytes, [u32 checksum]; u32 0; [u32 content checksum]
 *
 * little-endian. Written here since Java consumers refuse dependent blocks and a decoder must bound what it allocates;
 * lz4js does the one and not the other.
 */
const frameMagic = 0x184d2204;

const flag = {
  versionMask: 0xc0,
  version1: 0x40,
  independentBlocks: 0x20,
  blockChecksum: 0x10,
  contentSize: 0x08,
  contentChecksum: 0x04,
  dictionary: 0x01,
} as const;

const storedBlock = 0x8000_0000;
const minMatchBytes = 4;

/** The Java client's block size, BD code 4: a match's distance always fits the 16 bits it has. */
const encodedBlockBytes = 64 * 1024;
const encodedBlockCode = 4 << 4;

/** The format wants the last 5 bytes as literals, and no match to begin in the last 12. */
const lastLiteralBytes = 5;
const matchlessTailBytes = 12;

const hashBits = 13;

/** Compresses to one frame of independent 64 KB blocks without checksums, the shape the Java client writes. */
export function compressLz4(bytes: Uint8Array): Uint8Array {
  const blockCount = Math.ceil(bytes.length / encodedBlockBytes);
  const target = new Uint8Array(7 + bytes.length + 4 * blockCount + 4);
  writeWord(target, 0, frameMagic);
  target[4] = flag.version1 | flag.independentBlocks;
  target[5] = encodedBlockCode;
  target[6] = xxHash32(target, 4, 6) >>> 8;
  const positions = new Uint16Array(1 << hashBits);
  const block = new Uint8Array(encodedBlockBytes + Math.ceil(encodedBlockBytes / 255) + 16);
  let next = 7;
  for (let start = 0; start < bytes.length; start += encodedBlockBytes) {
    const source = bytes.subarray(start, start + encodedBlockBytes);
    const size = compressBlock(source, block, positions.fill(0));
    const isSmaller = size < source.length;
    writeWord(target, next, isSmaller ? size : (source.length | storedBlock) >>> 0);
    target.set(isSmaller ? block.subarray(0, size) : source, next + 4);
    next += 4 + (isSmaller ? size : source.length);
  }
  return target.subarray(0, next + 4);
}

function compressBlock(source: Uint8Array, target: Uint8Array, positions: Uint16Array): number {
  const lastMatchStart = source.length - matchlessTailBytes;
  const matchLimit = source.length - lastLiteralBytes;
  let next = 0;
  let literalStart = 0;
  let at = 1;
  let misses = 0;
  while (at <= lastMatchStart) {
    const word = readWord(source, at);
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - hashBits);
    const candidate = positions[slot]!;
    positions[slot] = at;
    if (candidate >= at || readWord(source, candidate) !== word) {
      // Steps grow while nothing matches, so that incompressible data costs little.
      at += 1 + (misses++ >>> 6);
      continue;
    }
    misses = 0;
    let end = at + minMatchBytes;
    while (end < matchLimit && source[end] === source[candidate + end - at]) end++;
    next = writeLiterals(target, next, source.subarray(literalStart, at), end - at - minMatchBytes);
    target[next] = at - candidate;
    target[next + 1] = (at - candidate) >>> 8;
    next = writeLength(target, next + 2, end - at - minMatchBytes);
    at = end;
    literalStart = end;
  }
  return writeLiterals(target, next, source.subarray(literalStart), 0);
}

/** Writes a sequence's token and literals; `matchLength` is what the token says about the match that follows. */
function writeLiterals(target: Uint8Array, at: number, literals: Uint8Array, matchLength: number): number {
  target[at] = (Math.min(literals.length, 15) << 4) | Math.min(matchLength, 15);
  const next = writeLength(target, at + 1, literals.length);
  target.set(literals, next);
  return next + literals.length;
}

/** Writes what of a length did not fit the token's four bits. */
function writeLength(target: Uint8Array, at: number, length: number): number {
  if (length < 15) return at;
  let next = at;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) target[next++] = 255;
  target[next++] = rest;
  return next;
}

/**
 * Decompresses one frame. Every block is measured before anything is allocated: CORRUPT_MESSAGE when it is no frame,
 * cut off or contradicts itself, MESSAGE_TOO_LARGE when it holds more than `maxBytes`.
 */
export function decompressLz4(bytes: Uint8Array, maxBytes: number): Result<Uint8Array> {
  const header = readFrameHeader(bytes);
  if (header === undefined) return corrupt('its header is not that of an LZ4 frame');
  const blocks: Block[] = [];
  let at = header.end;
  let size = 0;
  for (;;) {
    if (at + 4 > bytes.length) return corrupt('it is cut off');
    const word = readWord(bytes, at) >>> 0;
    at += 4;
    if (word === 0) break;
    const block = { start: at, end: at + (word % storedBlock), isStored: word >= storedBlock };
    at = block.end + (header.hasBlockChecksum ? 4 : 0);
    if (at > bytes.length) return corrupt('it is cut off');
    if (header.hasBlockChecksum && readWord(bytes, block.end) >>> 0 !== xxHash32(bytes, block.start, block.end)) {
      return corrupt(`block ${blocks.length} fails its checksum`);
    }
    const history = header.isIndependent ? 0 : size;
    const blockBytes = block.isStored ? block.end - block.start : measureBlock(bytes, block, history);
    if (blockBytes < 0 || blockBytes > header.maxBlockBytes) return corrupt(`block ${blocks.length} cannot be read`);
    size += blockBytes;
    if (size > maxBytes) {
      return failed(
        'MESSAGE_TOO_LARGE',
        `The LZ4 data holds more than the ${maxBytes} bytes a batch may decompress to.`,
      );
    }
    blocks.push(block);
  }
  if (header.contentBytes !== undefined && header.contentBytes !== size) {
    return corrupt(`it holds ${size} bytes, its header says ${header.contentBytes}`);
  }
  const target = new Uint8Array(size);
  let next = 0;
  for (const block of blocks) next = decodeBlock(bytes, block, target, next);
  if (header.hasContentChecksum) {
    if (at + 4 > bytes.length) return corrupt('it is cut off');
    if (readWord(bytes, at) >>> 0 !== xxHash32(target, 0, size)) return corrupt('its content fails its checksum');
  }
  return ok(target);
}

type FrameHeader = {
  readonly isIndependent: boolean;
  readonly hasBlockChecksum: boolean;
  readonly hasContentChecksum: boolean;
  readonly contentBytes: number | undefined;
  readonly maxBlockBytes: number;
  readonly end: number;
};

type Block = { readonly start: number; readonly end: number; readonly isStored: boolean };

function readFrameHeader(bytes: Uint8Array): FrameHeader | undefined {
  if (bytes.length < 7 || readWord(bytes, 0) !== frameMagic) return undefined;
  const flags = bytes[4]!;
  const sizeCode = (bytes[5]! >>> 4) & 7;
  if ((flags & flag.versionMask) !== flag.version1 || (flags & flag.dictionary) !== 0 || sizeCode < 4) return undefined;
  const hasContentSize = (flags & flag.contentSize) !== 0;
  const checksumAt = hasContentSize ? 14 : 6;
  if (checksumAt >= bytes.length || bytes[checksumAt] !== ((xxHash32(bytes, 4, checksumAt) >>> 8) & 0xff)) {
    return undefined;
  }
  return {
    isIndependent: (flags & flag.independentBlocks) !== 0,
    hasBlockChecksum: (flags & flag.blockChecksum) !== 0,
    hasContentChecksum: (flags & flag.contentChecksum) !== 0,
    contentBytes: hasContentSize ? (readWord(bytes, 6) >>> 0) + (readWord(bytes, 10) >>> 0) * 0x1_0000_0000 : undefined,
    maxBlockBytes: 1 << (8 + 2 * sizeCode),
    end: checksumAt + 1,
  };
}

/**
 * How many bytes a compressed block decodes to, -1 when it is unsound. `history` is how many bytes before it its
 * matches may reach. What this has measured, {@link decodeBlock} decodes without looking again.
 */
function measureBlock(bytes: Uint8Array, block: Block, history: number): number {
  const { end } = block;
  let at = block.start;
  let size = 0;
  while (at < end) {
    const token = bytes[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      let more = 255;
      for (; more === 255 && at < end; literals += more) more = bytes[at++]!;
    }
    if (literals > end - at) return -1;
    at += literals;
    size += literals;
    // Only the last sequence ends after its literals.
    if (at === end) return size;
    if (end - at < 2) return -1;
    const distance = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    let matchBytes = (token & 15) + minMatchBytes;
    if ((token & 15) === 15) {
      let more = 255;
      for (; more === 255 && at < end; matchBytes += more) more = bytes[at++]!;
    }
    if (distance === 0 || distance > size + history) return -1;
    size += matchBytes;
  }
  return -1;
}

function decodeBlock(bytes: Uint8Array, block: Block, target: Uint8Array, start: number): number {
  let next = start;
  if (block.isStored) {
    target.set(bytes.subarray(block.start, block.end), start);
    return start + block.end - block.start;
  }
  for (let at = block.start; ; ) {
    const token = bytes[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      let more = 255;
      for (; more === 255; literals += more) more = bytes[at++]!;
    }
    next = copyBytes(target, next, bytes, at, at + literals);
    at += literals;
    if (at === block.end) return next;
    const distance = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    let matchBytes = (token & 15) + minMatchBytes;
    if ((token & 15) === 15) {
      let more = 255;
      for (; more === 255; matchBytes += more) more = bytes[at++]!;
    }
    next = repeatBytes(target, next, distance, matchBytes);
  }
}

function readWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function writeWord(target: Uint8Array, at: number, value: number): void {
  target[at] = value;
  target[at + 1] = value >>> 8;
  target[at + 2] = value >>> 16;
  target[at + 3] = value >>> 24;
}

function corrupt(why: string): Result<never> {
  return failed('CORRUPT_MESSAGE', `The LZ4 data cannot be read: ${why}.`);
}

import { createRequire } from 'node:module';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compress, decompress } from '../../src/log/compression.ts';
import { compressionTypes } from '../../src/log/compression-type.ts';
import { compressLz4, decompressLz4 } from '../../src/log/lz4.ts';
import { decompressPortable } from '../../src/log/portable-decompression.ts';
import { decompressSnappy } from '../../src/log/snappy.ts';
import { xxHash32 } from '../../src/log/xxhash.ts';

type Codec = { compress(bytes: Uint8Array): Uint8Array; decompress(bytes: Uint8Array): Uint8Array };
type Snappy = { compress(bytes: Uint8Array): Uint8Array; uncompress(bytes: Uint8Array): Uint8Array };

const require = createRequire(import.meta.url);
const lz4js: Codec = require('lz4js');
const snappyjs: Snappy = require('snappyjs');
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const text = (value: string) => new TextEncoder().encode(value);

/** Text, noise and runs in turn: literals, long and overlapping matches, and blocks that do not compress. */
const data = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.nat(255), fc.nat(5000)).map(([byte, size]) => new Uint8Array(size).fill(byte)),
      fc.tuple(fc.string(), fc.nat(400)).map(([word, count]) => text(word.repeat(count))),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

/** A records section, which is never empty. */
const records = data.filter((bytes) => bytes.length > 0);

/** Beyond the blocks of 32 and 64 KB, half of it noise. */
const large = Uint8Array.from({ length: 200_001 }, (_, at) => (at % 1000 < 500 ? (at * 7919) >> 3 : 65));

describe('compress and decompress', () => {
  it.each(compressionTypes)('give back any bytes: %s', (type) => {
    const examples: [Uint8Array][] = [[large], [new Uint8Array(1)], [new Uint8Array(300_000)]];
    fc.assert(
      fc.property(records, (bytes) => {
        const opened = decompress(type, compress(type, bytes), 1_000_000);
        expect(opened.ok && Buffer.compare(opened.value, bytes)).toBe(0);
      }),
      { examples },
    );
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('take exactly maxBytes and no byte more: %s', (type) => {
    const closed = compress(type, large);
    expect(decompress(type, closed, large.length)).toMatchObject({ ok: true });
    expect(decompress(type, closed, large.length - 1)).toMatchObject({
      ok: false,
      error: { code: 'MESSAGE_TOO_LARGE' },
    });
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('refuse a stream cut off anywhere: %s', (type) => {
    const closed = compress(type, large.subarray(0, 2000));
    for (let size = 0; size < closed.length; size++) {
      const opened = decompress(type, closed.subarray(0, size), 1_000_000);
      // Snappy frames may end after any whole block: after the header there are no records in them.
      const isWholeFrame = type === 'snappy' && size === 16;
      expect(opened, `${size} bytes`).toMatchObject(
        isWholeFrame ? { ok: true } : { error: { code: 'CORRUPT_MESSAGE' } },
      );
    }
  });

  it.each([
    ['gzip', gzipSync(new Uint8Array(40_000_000))],
    ['zstd', zstdCompressSync(new Uint8Array(40_000_000))],
    ['lz4', compressLz4(new Uint8Array(40_000_000))],
    ['snappy', compress('snappy', new Uint8Array(40_000_000))],
  ] as const)('refuse a bomb: %s', (type, bomb) => {
    expect(decompress(type, bomb, 16 * 1024 * 1024)).toMatchObject({ ok: false, error: { code: 'MESSAGE_TOO_LARGE' } });
  });

  it('refuse a zstd frame whose window would take the isolate', () => {
    const frame = (windowLog: number) => hex(`28b52ffd 00 ${((windowLog - 10) << 3).toString(16)} 090000 61`);
    expect(decompress('zstd', frame(24), 100)).toEqual({ ok: true, value: text('a') });
    expect(decompress('zstd', frame(27), 100)).toMatchObject({ ok: false, error: { code: 'CORRUPT_MESSAGE' } });
  });

  it('refuse gzip and zstd by name where there is no node:zlib', () => {
    const bytes = text('abcabcabcabc');
    for (const type of ['none', 'snappy', 'lz4'] as const) {
      expect(decompressPortable(type, compress(type, bytes), 100)).toEqual({ ok: true, value: bytes });
    }
    for (const type of ['gzip', 'zstd'] as const) {
      expect(decompressPortable(type, compress(type, bytes), 100)).toMatchObject({
        error: { code: 'UNSUPPORTED_COMPRESSION_TYPE', message: expect.stringContaining(type) },
      });
    }
  });
});

describe('lz4', () => {
  it('begins a frame as the Java client does: version 1, independent blocks of 64 KB', () => {
    expect(compressLz4(text('x')).subarray(0, 7)).toEqual(hex('04224d18 60 40 82'));
  });

  it('writes what lz4js reads, and reads the dependent blocks that lz4js writes', () => {
    fc.assert(
      fc.property(data, (bytes) => {
        expect(Buffer.compare(lz4js.decompress(compressLz4(bytes)), bytes)).toBe(0);
        const opened = decompressLz4(lz4js.compress(bytes), 1_000_000);
        expect(opened.ok && Buffer.compare(opened.value, bytes)).toBe(0);
      }),
    );
  });

  it('reads a frame of the lz4 command with a content size and every checksum, and sees each of them broken', () => {
    const frame = hex('04224d18 7c40 0c00000000000000 ea 0c000080 68656c6c6f2c206c7a342021 abb51ad8 00000000 abb51ad8');
    expect(decompressLz4(frame, 1000)).toEqual({ ok: true, value: text('hello, lz4 !') });
    for (const at of [6, 14, 20, 31, 39]) {
      const broken = frame.slice();
      broken[at]! ^= 1;
      expect(decompressLz4(broken, 1000), `byte ${at}`).toMatchObject({ error: { code: 'CORRUPT_MESSAGE' } });
    }
    expect(decompressLz4(frame.subarray(0, -1), 1000)).toMatchObject({ error: { code: 'CORRUPT_MESSAGE' } });
  });

  it.each([
    ['not a frame', '00224d18 604082 00000000'],
    ['a header that fails its checksum', '04224d18 604083 00000000'],
    ['a block size code below 4', '04224d18 603000 00000000'],
    ['a match that reaches before the block', '04224d18 604082 08000000 10 61 0200 50 6161616161 00000000'],
    ['a match of distance 0', '04224d18 604082 0a000000 10 61 0000 50 6161616161 00000000'],
    ['a block that ends in a match', '04224d18 604082 04000000 10 61 0100 00000000'],
    ['a literal length that does not end', '04224d18 604082 03000000 f0 ffff 00000000'],
    ['no end mark', '04224d18 604082 02000000 10 61'],
  ])('refuses %s', (_name, frame) => {
    expect(decompressLz4(hex(frame), 1000)).toMatchObject({ ok: false, error: { code: 'CORRUPT_MESSAGE' } });
  });

  it('reads a block by hand: one literal, an overlapping match, five literals', () => {
    const frame = hex('04224d18 604082 0a000000 12 61 0100 50 6263646566 00000000');
    expect(decompressLz4(frame, 1000)).toEqual({ ok: true, value: text('aaaaaaabcdef') });
    expect(decompressLz4(frame, 11)).toMatchObject({ error: { code: 'MESSAGE_TOO_LARGE' } });
  });
});

describe('xxHash32', () => {
  it.each([
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('of %j', (value, expected) => {
    const bytes = text(value);
    expect(xxHash32(bytes, 0, bytes.length)).toBe(expected);
  });
});

describe('snappy', () => {
  it('reads raw streams, as some clients send them', () => {
    fc.assert(
      fc.property(data, (bytes) => {
        const opened = decompressSnappy(snappyjs.compress(bytes), 1_000_000);
        expect(opened.ok && Buffer.compare(opened.value, bytes)).toBe(0);
      }),
      { examples: [[large]] },
    );
  });

  it('writes the frames of snappy-java, whose blocks any Snappy reads', () => {
    const closed = compress('snappy', large);
    expect(closed.subarray(0, 16)).toEqual(hex('82534e41505059 00 00000001 00000001'));
    const blocks: number[] = [];
    for (let at = 16; at < closed.length; ) {
      const size = new DataView(closed.buffer, closed.byteOffset).getInt32(at);
      blocks.push(...snappyjs.uncompress(closed.slice(at + 4, at + 4 + size)));
      at += 4 + size;
    }
    expect(Buffer.compare(Uint8Array.from(blocks), large)).toBe(0);
  });

  it.each([
    ['a declared length that its bytes cannot make', 'ffffff07 00 61'],
    ['a declared length of 2^35', '808080808001 00 61'],
    ['fewer bytes than declared', '05 0c 61626364'],
    ['more bytes than declared', '03 0c 61626364'],
    ['a literal that runs out', '04 0c 616263'],
    ['a literal length that sends a careless decoder backwards', '20 fc faffffff 6161616161616161'],
    ['a copy from before the stream', '05 00 61 0102'],
    ['a copy of distance 0', '05 00 61 0100'],
    ['a copy cut off', '05 00 61 02'],
    ['a frame with a negative block size', '82534e4150505900 00000001 00000001 ffffffff 0161'],
    ['a frame with a block that runs out', '82534e4150505900 00000001 00000001 00000009 0161'],
  ])('refuses %s', (_name, stream) => {
    expect(decompressSnappy(hex(stream), 1_000_000)).toMatchObject({ ok: false, error: { code: 'CORRUPT_MESSAGE' } });
  });

  it.each([
    ['a literal and a one-byte copy', '06 04 6162 0102', 'ababab'],
    ['a two-byte copy', '05 00 61 0e0100', 'aaaaa'],
    ['a four-byte copy', '05 00 61 0f01000000', 'aaaaa'],
    ['a literal with a length byte', '02 f001 6162', 'ab'],
  ])('reads %s', (_name, stream, expected) => {
    expect(decompressSnappy(hex(stream), 1000)).toEqual({ ok: true, value: text(expected) });
  });
});

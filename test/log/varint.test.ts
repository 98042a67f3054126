import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readInt16,
  readInt32,
  readInt64,
  VarintReader,
  varintBytes,
  varlongBytes,
  writeInt16,
  writeInt32,
  writeInt64,
  writeVarint,
  writeVarlong,
} from '../../src/log/varint.ts';

const safeIntegers = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 0, -1),
);

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Zigzag base 128 by its definition, on 64 bits. */
function referenceVarlong(value: bigint): string {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return hex(Uint8Array.from(bytes));
}

function written(write: (target: Uint8Array, at: number, value: number) => number, value: number): string {
  const target = new Uint8Array(16);
  return hex(target.subarray(0, write(target, 0, value)));
}

describe('varints', () => {
  it.each([
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8001'],
    [-65, '8101'],
    [8191, 'fe7f'],
    [-8192, 'ff7f'],
    [8192, '808001'],
    [1048575, 'feff7f'],
    [134217727, 'feffff7f'],
    [134217728, '8080808001'],
    [2147483647, 'feffffff0f'],
    [-2147483648, 'ffffffff0f'],
  ])('%d is %s', (value, bytes) => {
    expect(written(writeVarint, value)).toBe(bytes);
    expect(written(writeVarlong, value)).toBe(bytes);
    expect(varintBytes(value)).toBe(bytes.length / 2);
    const reader = new VarintReader(Buffer.from(bytes, 'hex'), 0, bytes.length / 2);
    expect([reader.readVarint(), reader.at, reader.failed]).toEqual([value, bytes.length / 2, false]);
  });

  it('writes and reads every safe integer as 64 bit zigzag does', () => {
    fc.assert(
      fc.property(safeIntegers, (value) => {
        const bytes = written(writeVarlong, value);
        expect(bytes).toBe(referenceVarlong(BigInt(value)));
        expect(varlongBytes(value)).toBe(bytes.length / 2);
        const reader = new VarintReader(Buffer.from(bytes, 'hex'), 0, bytes.length / 2);
        expect([reader.readVarlong(), reader.at, reader.failed]).toEqual([value, bytes.length / 2, false]);
      }),
    );
  });

  it.each([
    ['an empty varint', '', 'readVarint'],
    ['a varint cut off', '8080', 'readVarint'],
    ['a varint of six bytes', '808080808000', 'readVarint'],
    ['a varint of 33 bits', '8080808010', 'readVarint'],
    ['an empty varlong', '', 'readVarlong'],
    ['a varlong cut off', 'ffffffffff', 'readVarlong'],
    ['a varlong of eleven bytes', '8080808080808080808000', 'readVarlong'],
    ['a varlong of 2^53', Buffer.from(referenceVarlong(2n ** 53n), 'hex').toString('hex'), 'readVarlong'],
    ['a varlong of -2^53', referenceVarlong(-(2n ** 53n)), 'readVarlong'],
    ['the largest varlong', referenceVarlong(2n ** 63n - 1n), 'readVarlong'],
    ['the smallest varlong', referenceVarlong(-(2n ** 63n)), 'readVarlong'],
  ] as const)('fails on %s, and stays failed', (_name, bytes, method) => {
    const reader = new VarintReader(Buffer.from(bytes, 'hex'), 0, bytes.length / 2);
    expect(reader[method]()).toBe(0);
    expect(reader.failed).toBe(true);
    reader.at = 0;
    reader.readVarint();
    expect(reader.failed).toBe(true);
  });

  it('never reads beyond its end, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat(20), (bytes, wanted) => {
        const end = Math.min(wanted, bytes.length);
        const reader = new VarintReader(bytes, 0, end);
        while (!reader.failed && reader.at < end) {
          reader.readVarlong();
          expect(reader.at).toBeLessThanOrEqual(end);
        }
      }),
    );
  });
});

describe('fixed integers', () => {
  it("are big-endian two's complement, exact within the safe range", () => {
    fc.assert(
      fc.property(safeIntegers, fc.integer(), fc.integer({ min: -32768, max: 32767 }), (int64, int32, int16) => {
        const bytes = new Uint8Array(14);
        const view = new DataView(bytes.buffer);
        writeInt64(bytes, 0, int64);
        writeInt32(bytes, 8, int32);
        writeInt16(bytes, 12, int16);
        expect([view.getBigInt64(0), view.getInt32(8), view.getInt16(12)]).toEqual([BigInt(int64), int32, int16]);
        expect([readInt64(bytes, 0), readInt32(bytes, 8), readInt16(bytes, 12)]).toEqual([int64, int32, int16]);
      }),
    );
  });

  it('read an int64 beyond the safe range as a number that is not safe', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = new Uint8Array(8);
        new DataView(bytes.buffer).setBigInt64(0, value);
        const isSafe = value >= -(2n ** 53n - 1n) && value <= 2n ** 53n - 1n;
        expect(Number.isSafeInteger(readInt64(bytes, 0))).toBe(isSafe);
      }),
      { examples: [[2n ** 53n], [-(2n ** 53n)], [2n ** 53n + 1n], [2n ** 53n - 1n]] },
    );
  });
});

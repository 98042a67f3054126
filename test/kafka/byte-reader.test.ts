import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from '../../src/kafka/wire/byte-reader.ts';
import { ByteWriter } from '../../src/kafka/wire/byte-writer.ts';
import { message } from '../../src/kafka/wire/message-codec.ts';
import { int8, int32s, int64, string, strings, structs } from '../../src/kafka/wire/schema.ts';
import { concatBytes } from '../../src/log/concat-bytes.ts';

const over = (...bytes: number[]): ByteReader => new ByteReader(Uint8Array.from(bytes), 100);

test('reads what the writer wrote, at every size of a varint', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.maxSafeInteger(), fc.double({ noNaN: true }), (unsigned, long, double) => {
      const writer = new ByteWriter();
      writer.uvarint(unsigned);
      writer.int64(long);
      writer.float64(double);
      const reader = new ByteReader(concatBytes(writer.finish()), 0);
      expect([reader.uvarint(), reader.int64(), reader.float64()]).toEqual([unsigned, long, double]);
      expect([reader.failed, reader.remaining()]).toEqual([false, 0]);
    }),
  );
});

test.each([
  ['more than 32 bits', [0xff, 0xff, 0xff, 0xff, 0x10]],
  ['more than five bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ['no end', [0x80, 0x80]],
  ['nothing', []],
])('refuses a varint with %s', (_, bytes) => {
  const reader = over(...bytes);
  expect([reader.uvarint(), reader.failed]).toEqual([0, true]);
});

test('stays failed, and reads nothing after that', () => {
  const reader = over(1, 2, 3);
  expect([reader.int32(), reader.failed, reader.int8(), reader.remaining()]).toEqual([0, true, 0, 0]);
});

const sample = message('Sample', 2, {
  name: string('0+', { nullable: '1+' }),
  numbers: int32s('0+'),
  parts: structs('0+', { id: int64('0+'), note: string('1+', { default: 'none' }) }),
  tags: strings('2+', { tag: 3 }),
  late: int8('3+', { default: 7 }),
});

test.each([
  ['a string of negative length', 0, [0xff, 0xfe]],
  ['null where there is no null yet', 0, [0xff, 0xff]],
  ['a string longer than what is left', 0, [0x7f, 0xff, 1, 2]],
  ['an array of negative count', 0, [0, 0, 0xff, 0xff, 0xff, 0xfe]],
  ['a null array', 0, [0, 0, 0xff, 0xff, 0xff, 0xff]],
  ['more elements than there are bytes for', 0, [0, 0, 0, 0, 0, 2, 0, 0, 0, 1]],
  ['two thousand million elements', 0, [0, 0, 0x7f, 0xff, 0xff, 0xff]],
  ['a tagged field that is longer than it says', 2, [1, 1, 1, 1, 3, 1, 2, 2]],
  ['a tagged field that is shorter than it says', 2, [1, 1, 1, 1, 3, 4, 1, 0, 0, 0]],
  ['a tagged field past the end', 2, [1, 1, 1, 1, 9, 100]],
  ['more tagged fields than there are', 2, [1, 1, 1, 5]],
])('refuses %s', (_, version, bytes) => {
  expect(sample.decode(Uint8Array.from(bytes), version)).toMatchObject({
    ok: false,
    error: { code: 'INVALID_REQUEST' },
  });
});

test('passes over tagged fields that it does not know, and fills in what a version does not have', () => {
  const bytes = Uint8Array.from([0, 1, 1, 2, 3, 3, 2, 2, 0x61, 9, 2, 0xaa, 0xbb]);
  expect(sample.decode(bytes, 2)).toEqual({
    ok: true,
    value: { name: null, numbers: [], parts: [], tags: ['a'], late: 7 },
  });
});

test('counts the elements of a whole message', () => {
  const writer = new ByteWriter();
  const parts = Array.from({ length: 60 }, (_, id) => ({ id }));
  sample.write(writer, 1, { name: null, numbers: Array.from({ length: 60 }, () => 1), parts });
  const bytes = concatBytes(writer.finish());
  const within = new ByteReader(bytes, 120);
  sample.read(within, 1);
  const beyond = new ByteReader(bytes, 119);
  sample.read(beyond, 1);
  expect([within.failed, beyond.failed]).toEqual([false, true]);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashKey, hashSecretOf } from '../../../../src/log/maintenance/compaction/key-hash.ts';
import { KeyOffsets } from '../../../../src/log/maintenance/compaction/key-offsets.ts';

const encoder = new TextEncoder();
const secret = hashSecretOf('0f1e2d3c-4b5a-4968-8776-655443322110');

function hexOf(input: Uint8Array): string {
  const words = new Int32Array(4);
  const bytes = new DataView(new ArrayBuffer(16));
  // The reference's key: the bytes 00 to 0f, as little-endian words.
  hashKey([0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c], input, 0, input.length, words);
  words.forEach((word, index) => {
    bytes.setInt32(4 * index, word, true);
  });
  return Buffer.from(bytes.buffer).toString('hex');
}

describe('the hash of keys', () => {
  it.each([
    [0, 'a3817f04ba25a8e66df67214c7550293'],
    [1, 'da87c1d86b99af44347659119b22fc45'],
    [2, '8177228da4a45dc7fca38bdef60affe4'],
    [7, 'a1f1ebbed8dbc153c0b84aa61ff08239'],
    [8, '3b62a9ba6258f5610f83e264f31497b4'],
    [9, '264499060ad9baabc47f8b02bb6d71ed'],
    [63, '5150d1772f50834a503e069a973fbd7c'],
  ])('of %d bytes is the one of the reference vectors of SipHash-2-4-128', (length, expected) => {
    expect(hexOf(Uint8Array.from({ length }, (_, index) => index))).toBe(expected);
  });
});

describe('KeyOffsets', () => {
  it('remembers the last offset of every key, as a map does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.nat())),
        fc.string({ maxLength: 3 }),
        (entries, other) => {
          const model = new Map<string, number>();
          const keys = new KeyOffsets(secret);
          for (const [key, offset] of entries) {
            const bytes = encoder.encode(`..${key}.`);
            expect(keys.record(bytes, 2, bytes.length - 1, offset)).toBe(true);
            model.set(key, Math.max(model.get(key) ?? 0, offset));
          }
          for (const key of [...model.keys(), other]) {
            const bytes = encoder.encode(key);
            expect(keys.lastOffset(bytes, 0, bytes.length)).toBe(model.get(key) ?? -1);
          }
          expect(keys.count).toBe(model.size);
        },
      ),
    );
  });

  it('takes many keys, and none beyond its bound', () => {
    const keys = new KeyOffsets(secret, 50_000);
    const keyOf = (index: number) => encoder.encode(`key ${index}`);
    for (let index = 0; index < 50_000; index += 1) {
      const key = keyOf(index);
      expect(keys.record(key, 0, key.length, index)).toBe(true);
    }
    const more = keyOf(50_000);
    expect(keys.record(more, 0, more.length, 50_000)).toBe(false);
    const known = keyOf(17);
    expect(keys.record(known, 0, known.length, 60_000)).toBe(true);
    expect(keys.lastOffset(known, 0, known.length)).toBe(60_000);
    for (let index = 18; index < 50_000; index += 1_000) {
      const key = keyOf(index);
      expect(keys.lastOffset(key, 0, key.length)).toBe(index);
    }
  });
});

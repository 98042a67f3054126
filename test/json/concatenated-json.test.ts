import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConcatenatedItem, ConcatenatedJson } from '../../src/json/concatenated-json.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The texts of objects, and the codes of what was malformed. */
function describeItem(item: ConcatenatedItem): string {
  return item.kind === 'object' ? decode(item.text) : item.failure.error.code;
}

function readPieces(pieces: readonly Uint8Array[], maxObjectBytes = 1_000): string[] {
  const reader = new ConcatenatedJson(maxObjectBytes);
  const items = pieces.flatMap((piece) => reader.push(piece).map(describeItem));
  return [...items, ...reader.end().map(describeItem)];
}

const read = (text: string, maxObjectBytes?: number) => readPieces([encode(text)], maxObjectBytes);

/** The same bytes in as many pieces as there are cuts. */
function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [...new Set(cuts.map((share) => Math.floor(share * bytes.length)))].sort((one, other) => one - other);
  return [0, ...at].map((start, index) => bytes.slice(start, at[index] ?? bytes.length));
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 12 });
const objects = fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), { maxLength: 8 });
const separators = fc.constantFrom('', ' ', '\n', '\r\n\t');

describe('objects one after the other', () => {
  it('come apart as they were put together, whatever pieces they arrive in', () => {
    fc.assert(
      fc.property(objects, separators, fc.boolean(), cuts, (values, separator, isIndented, where) => {
        const texts = values.map((value) => JSON.stringify(value, null, isIndented ? 2 : 0));
        const bytes = encode(texts.map((text) => separator + text).join(separator));
        expect(readPieces(cut(bytes, where), 100_000)).toEqual(texts);
      }),
    );
  });

  it('mean the same in any pieces, wrong ones too', () => {
    const hostile = fc.string({
      unit: fc.constantFrom('{', '}', '"', '\\', '\n', 'x', ' ', '\u0001', ','),
      maxLength: 60,
    });
    fc.assert(
      fc.property(hostile, cuts, fc.integer({ min: 1, max: 20 }), (text, where, maxObjectBytes) => {
        const bytes = encode(text);
        const each = Array.from(bytes, (byte) => new Uint8Array([byte]));
        const whole = readPieces([bytes], maxObjectBytes);
        expect(readPieces(cut(bytes, where), maxObjectBytes)).toEqual(whole);
        expect(readPieces(each, maxObjectBytes)).toEqual(whole);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what is no object', () => {
  it.each([
    ['is one item up to the next brace', 'x, y {"a":1}', ['MALFORMED_JSON', '{"a":1}']],
    ['is one item up to the end of its line', '[1]\n2\n{"a":1}', ['MALFORMED_JSON', 'MALFORMED_JSON', '{"a":1}']],
    ['costs the objects around it nothing', '{"a":1}]{"b":2}', ['{"a":1}', 'MALFORMED_JSON', '{"b":2}']],
    ['is an object that never ends', '{"a":1}{"b":', ['{"a":1}', 'MALFORMED_JSON']],
    ['is nothing when there is only white space', ' \r\n\t ', []],
  ])('%s', (_what, text, items) => expect(read(text)).toEqual(items));

  it('is taken apart by braces alone: errors inside of it are for whoever reads it', () => {
    expect(read('{"a":tru}{"b":[}{"c":}')).toEqual(['{"a":tru}', '{"b":[}', '{"c":}']);
  });

  it('is a string cut off by a line break, and all up to a line that begins with a brace', () => {
    expect(read('{"a":"b\n c": {} }\n{"d":1} {"e":2}')).toEqual(['MALFORMED_JSON', '{"d":1}', '{"e":2}']);
    expect(read('{"a":"b\n{"d":1}')).toEqual(['MALFORMED_JSON', '{"d":1}']);
    expect(read('{"a":"b\u0001c"} {"d":1}')).toEqual(['MALFORMED_JSON']);
    expect(read('{"a":"\\\n"} \n\n{"d":1}')).toEqual(['MALFORMED_JSON', '{"d":1}']);
  });
});

describe('an object that is too large', () => {
  it('is passed over, and its successors are read', () => {
    const large = `{"a":"${'}"{'.replaceAll('"', '\\"').repeat(20)}"}`;
    expect(read(`{"b":1}${large}{"c":2}`, 20)).toEqual(['{"b":1}', 'BODY_TOO_LARGE', '{"c":2}']);
    expect(read('{"a":12345}', 11)).toEqual(['{"a":12345}']);
    expect(read('{"a":123456}', 11)).toEqual(['BODY_TOO_LARGE']);
  });
});

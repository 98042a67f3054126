import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteStringOfText, bytesOfByteString, textOfByteString } from '../../src/json/byte-string.ts';
import { decodeUtf8, encodeUtf8, lineAndColumn, malformedUtf8 } from '../../src/json/utf8-text.ts';
import { utf8 } from './json-documents.ts';

describe('UTF-8', () => {
  it('decodes what it encodes, a byte order mark included', () => {
    expect(decodeUtf8(utf8('\ufeffé'))).toBe('\ufeffé');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeUtf8(encodeUtf8(text)!)).toBe(text);
      }),
    );
  });

  it('does not encode half of a surrogate pair', () => {
    expect(encodeUtf8('a\ud800')).toBe(null);
    expect(encodeUtf8('\udc00')).toBe(null);
  });

  it('says which byte is wrong, wherever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(0x80, 0xc0, 0xf5, 0xff),
        fc.string({ unit: 'grapheme' }),
        (before, bad, after) => {
          const bytes = Uint8Array.of(...utf8(before), bad, ...utf8(after));
          expect(decodeUtf8(bytes)).toBe(null);
          expect(malformedUtf8(bytes, 'it').error).toMatchObject({
            code: 'MALFORMED_UTF8',
            detail: { byte: utf8(before).length, line: 1 + before.split('\n').length - 1 },
          });
        },
      ),
    );
  });

  it('counts lines and characters, not bytes', () => {
    const bytes = utf8('é😀x\n\nää');
    expect(lineAndColumn(bytes, 0)).toEqual({ line: 1, column: 1 });
    expect(lineAndColumn(bytes, 6)).toEqual({ line: 1, column: 3 });
    expect(lineAndColumn(bytes, 7)).toEqual({ line: 1, column: 4 });
    expect(lineAndColumn(bytes, 8)).toEqual({ line: 2, column: 1 });
    expect(lineAndColumn(bytes, bytes.length)).toEqual({ line: 3, column: 3 });
  });
});

describe('byte strings', () => {
  it('are the UTF-8 of a text, a character a byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const byteString = byteStringOfText(text);
        expect(Uint8Array.from(byteString, (character) => character.charCodeAt(0))).toEqual(utf8(text));
        expect(Uint8Array.from(bytesOfByteString(byteString))).toEqual(utf8(text));
        expect(textOfByteString(byteString)).toBe(text);
      }),
    );
  });

  it('need not be text', () => {
    expect(textOfByteString('\u00ff')).toBe(null);
  });
});

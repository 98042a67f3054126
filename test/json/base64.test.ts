import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../../src/json/base64.ts';
import { decodeBase64 } from '../../src/json/base64-decoder.ts';
import { utf8 } from './json-documents.ts';

describe('base64', () => {
  it('decodes what it encodes, with and without padding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const encoded = encodeBase64(bytes);
        expect(encoded).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(utf8(encoded))).toEqual(bytes);
        expect(decodeBase64(utf8(encoded.replaceAll('=', '')))).toEqual(bytes);
      }),
    );
  });

  it.each([
    'A',
    'AAAAA',
    'A===',
    'AA=',
    'AAA==',
    '====',
    '=',
    'AB==',
    'AAB=',
    'AA-_',
    'AA AA',
    'AAAA\n',
    'é',
    'AA=A',
    '!AAA',
    'A!==',
    'AA!=',
  ])('refuses %j', (encoded) => {
    expect(decodeBase64(utf8(encoded))).toBe(null);
  });
});

import { describe, expect, it } from 'vitest';
import { parseNdjsonBody } from '../../src/json/ndjson-body.ts';
import { renderRecords } from '../../src/json/render-records.ts';
import { decodeUtf8, malformedUtf8 } from '../../src/json/utf8-text.ts';
import { encodeBatch } from '../../src/log/record.ts';

/** What the JSON code asks of the runtime itself: decoders that differ between runtimes, and Buffer's encodings. */
describe('JSON in the real runtime', () => {
  it.each<[bytes: number[], byte: number]>([
    [[0x61, 0xff, 0x62], 1],
    [[0xc3, 0x28], 1],
    [[0xe2, 0x82], 2],
    [[0xed, 0xa0, 0x80], 1],
    [[0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x41], 5],
    [[0xf5, 0x80, 0x80, 0x80], 0],
  ])('finds where %j stops being UTF-8', (bytes, byte) => {
    const text = Uint8Array.from(bytes);
    expect(decodeUtf8(text)).toBe(null);
    expect(malformedUtf8(text, 'the body')).toMatchObject({ error: { code: 'MALFORMED_UTF8', detail: { byte } } });
  });

  it('decodes UTF-8 with its byte order mark', () => {
    expect(decodeUtf8(new TextEncoder().encode('\ufeffé😀'))).toBe('\ufeffé😀');
  });

  it('gives JSON, text and bytes back exactly', () => {
    const lines = ['{"id":9223372036854775807,  "é":"😀"}', '"\\ud800"', ' 1.0 '];
    const parsed = parseNdjsonBody(new TextEncoder().encode(lines.join('\n')), { keyPointer: '/id', maxRecords: 10 });
    if (!parsed.ok) throw new Error(parsed.error.message);
    const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);
    const batch = encodeBatch([
      ...parsed.value.map((record) => ({ ...record, timestampMs: 0 })),
      { key: null, value: everyByte, headers: [], timestampMs: 0 },
    ]);
    const rendered = renderRecords(batch, {
      partition: 0,
      fromOffset: 0,
      maxRecords: 10,
      as: 'auto',
      shape: 'value',
      isSingleLine: true,
      decompress: () => {
        throw new Error('nothing is compressed');
      },
    });
    if (!rendered.ok) throw new Error(rendered.error.message);
    const [last, ...json] = rendered.value.texts.toReversed();
    expect(json.toReversed()).toEqual(lines);
    const decoded = Uint8Array.from(atob(JSON.parse(last!)), (character) => character.charCodeAt(0));
    expect(decoded).toEqual(everyByte);
  });
});

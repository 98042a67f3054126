import { Buffer } from 'node:buffer';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordJson } from '../../src/contracts/record-json.ts';
import { ok } from '../../src/errors/result.ts';
import { parseNdjsonBody } from '../../src/json/ndjson-body.ts';
import { parseProduceBody } from '../../src/json/produce-body.ts';
import { type RenderOptions, renderRecords } from '../../src/json/render-records.ts';
import { type EncodeOptions, encodeBatch, type NewRecord } from '../../src/log/record.ts';
import { batchAttribute, batchField, sealBatch } from '../../src/log/record-batch.ts';
import { jsonSource, text, utf8 } from './json-documents.ts';

const options: RenderOptions = {
  partition: 3,
  fromOffset: 0,
  maxRecords: 1000,
  as: 'auto',
  shape: 'record',
  isSingleLine: false,
  decompress: (_type, bytes) => ok(gunzipSync(bytes)),
};

const valued = (value: Uint8Array | string | null): NewRecord => ({
  key: null,
  value: typeof value === 'string' ? utf8(value) : value,
  headers: [],
  timestampMs: 1700000000000,
});

const batchOf = (values: (Uint8Array | string | null)[], encode: EncodeOptions = {}) =>
  encodeBatch(values.map(valued), encode);

function rendered(batches: Uint8Array, changes: Partial<RenderOptions> = {}) {
  const result = renderRecords(batches, { ...options, ...changes });
  if (!result.ok) throw new Error(result.error.message);
  const { texts, offsets, textBytes, nextOffset } = result.value;
  expect(textBytes).toBe(Buffer.byteLength(texts.join(',')));
  expect(result.value.joinText(',')).toBe(texts.join(','));
  expect(text(result.value.joinBytes('\n', '[', ']'))).toBe(`[${texts.join('\n')}]`);
  return { texts, offsets, textBytes, nextOffset };
}

const records = (batches: Uint8Array, changes: Partial<RenderOptions> = {}) =>
  rendered(batches, changes).texts.map((text) => JSON.parse(text) as RecordJson);

const latin1 = Uint8Array.of(0x22, 0xe9, 0x22);

describe('renderRecords', () => {
  it('writes the whole record, in the order of its contract', () => {
    const batch = encodeBatch(
      [
        {
          key: utf8('JFK "1"'),
          value: utf8('{"id":9223372036854775807, "a":1.0}'),
          headers: [
            { name: 'trace', value: utf8('é') },
            { name: 'trace', value: null },
            { name: 'raw', value: latin1 },
          ],
          timestampMs: 1700000000123,
        },
      ],
      { baseOffset: 41 },
    );
    expect(rendered(batch).texts).toEqual([
      '{"partition":3,"offset":41,"timestamp":1700000000123,"key":"JFK \\"1\\"","key_type":"text",' +
        '"value":{"id":9223372036854775807, "a":1.0},"value_type":"json",' +
        '"headers":[{"name":"trace","value":"é"},{"name":"trace","value":null},{"name":"raw","value_base64":"Iuki"}]}',
    ]);
  });

  it.each<[what: string, value: Uint8Array | string | null, type: string, source: string]>([
    ['null', null, 'null', 'null'],
    ['an object', '{ "b" : [ ] }', 'json', '{ "b" : [ ] }'],
    ['JSON with white space around it', ' \t1 ', 'json', ' \t1 '],
    ['JSON beyond ASCII', '{"é":"😀"}', 'json', '{"é":"😀"}'],
    ['JSON with escapes', '"\\ud800\\u0000"', 'json', '"\\ud800\\u0000"'],
    ['the JSON literal null', 'null', 'json', 'null'],
    ['the deepest JSON', `${'['.repeat(64)}${']'.repeat(64)}`, 'json', `${'['.repeat(64)}${']'.repeat(64)}`],
    ['deeper JSON', `${'['.repeat(65)}${']'.repeat(65)}`, 'text', `"${'['.repeat(65)}${']'.repeat(65)}"`],
    ['nothing', '', 'text', '""'],
    ['text', 'true story\n', 'text', '"true story\\n"'],
    ['text beyond ASCII', 'café 😀', 'text', '"café 😀"'],
    ['text with a byte order mark', '\ufeff{}', 'text', '"\ufeff{}"'],
    ['half a document', '{"a":', 'text', '"{\\"a\\":"'],
    ['two documents', '1 2', 'text', '"1 2"'],
    ['a string of bytes that are not UTF-8', latin1, 'base64', '"Iuki"'],
    ['bytes', Uint8Array.of(0, 255), 'base64', '"AP8="'],
  ])('shows %s as what it is', (_what, value, type, source) => {
    const [record] = rendered(batchOf([value])).texts;
    expect(record).toContain(`"value":${source},"value_type":"${type}"`);
    expect(rendered(batchOf([value]), { shape: 'value' }).texts).toEqual([source]);
  });

  it.each<[key: Uint8Array | null, type: string, text: string]>([
    [null, 'null', 'null'],
    [utf8('JFK'), 'text', '"JFK"'],
    [utf8(''), 'text', '""'],
    [utf8('{"id":1}'), 'text', '"{\\"id\\":1}"'],
    [utf8('é'), 'text', '"é"'],
    [latin1, 'base64', '"Iuki"'],
  ])('shows the key %o as %s', (key, type, text) => {
    const batch = encodeBatch([{ key, value: null, headers: [], timestampMs: 0 }]);
    for (const as of ['auto', 'json'] as const) {
      expect(rendered(batch, { as }).texts[0]).toContain(`"key":${text},"key_type":"${type}"`);
    }
  });

  it('shows everything as base64 when asked to', () => {
    const batch = encodeBatch([
      { key: utf8('k'), value: utf8('{"a":1}'), headers: [{ name: 'h', value: utf8('v') }], timestampMs: 0 },
      { key: null, value: null, headers: [{ name: 'h', value: null }], timestampMs: 0 },
    ]);
    expect(records(batch, { as: 'base64' })).toMatchObject([
      {
        key: 'aw==',
        key_type: 'base64',
        value: 'eyJhIjoxfQ==',
        value_type: 'base64',
        headers: [{ name: 'h', value_base64: 'dg==' }],
      },
      { key: null, key_type: 'null', value: null, value_type: 'null', headers: [{ name: 'h', value: null }] },
    ]);
  });

  it('shows JSON as text when asked to', () => {
    expect(records(batchOf(['{"é":1}', '1', null]), { as: 'text' })).toMatchObject([
      { value: '{"é":1}', value_type: 'text' },
      { value: '1', value_type: 'text' },
      { value: null, value_type: 'null' },
    ]);
  });

  it('refuses what is not as it was demanded, and names its offset', () => {
    const refused = (batch: Uint8Array, as: 'json' | 'text') => renderRecords(batch, { ...options, as });
    const expected = (message: string, offset: number) => ({
      ok: false,
      error: { code: 'INVALID_REQUEST', message, detail: { partition: 3, offset } },
    });
    expect(refused(batchOf(['1', 'x'], { baseOffset: 10 }), 'json')).toEqual(
      expected('the value at offset 11 of partition 3 is not JSON: read it with as=auto or as=base64.', 11),
    );
    expect(refused(batchOf([latin1]), 'json')).toMatchObject(expected(expect.stringContaining('is not JSON'), 0));
    expect(refused(batchOf(['x', latin1]), 'text')).toEqual(
      expected('the value at offset 1 of partition 3 is not UTF-8 text: read it with as=auto or as=base64.', 1),
    );
    const badKey = encodeBatch([{ key: latin1, value: utf8('1'), headers: [], timestampMs: 0 }]);
    expect(refused(badKey, 'text')).toMatchObject(expected(expect.stringContaining('the key at offset 0'), 0));
  });

  it('keeps a record on one line where lines matter, and as stored elsewhere', () => {
    const batch = batchOf(['{\r\n "a": "x\\ny"\n}', 'two\nlines']);
    expect(rendered(batch, { shape: 'value', isSingleLine: true }).texts).toEqual([
      '{   "a": "x\\ny" }',
      '"two\\nlines"',
    ]);
    expect(rendered(batch, { shape: 'value' }).texts).toEqual(['{\r\n "a": "x\\ny"\n}', '"two\\nlines"']);
    for (const line of rendered(batch, { isSingleLine: true }).texts) expect(line).not.toMatch(/[\r\n]/);
  });

  it('tells bytes that only look like JSON from JSON, among others and cut off at their end', () => {
    const cut = Uint8Array.of(0x22, 0xf0, 0x9f, 0x22);
    const batch = Buffer.concat([
      batchOf(['"é"', latin1, '"😀"', '1']),
      batchOf(['{"é":1}', cut, Uint8Array.of(0x22, 0x98, 0x80, 0x22)], { baseOffset: 4 }),
    ]);
    expect(records(batch).map(({ value, value_type }) => [value, value_type])).toEqual([
      ['é', 'json'],
      ['Iuki', 'base64'],
      ['😀', 'json'],
      [1, 'json'],
      [{ é: 1 }, 'json'],
      ['IvCfIg==', 'base64'],
      ['IpiAIg==', 'base64'],
    ]);
    expect(renderRecords(batch, { ...options, as: 'json' })).toMatchObject({
      ok: false,
      error: { detail: { offset: 1 } },
    });
  });

  it('reads every codec the platform hands it, and LogAppendTime', () => {
    const compress = (_type: string, bytes: Uint8Array) => gzipSync(bytes);
    const batch = batchOf(['1', 'é'], { compression: { type: 'gzip', compress }, timestampType: 'LogAppendTime' });
    expect(records(batch)).toMatchObject([
      { value: 1, timestamp: 1700000000000 },
      { value: 'é', timestamp: 1700000000000 },
    ]);
  });

  it('answers a failure for what cannot be read', () => {
    const batch = batchOf(['1', '2']);
    expect(renderRecords(batch.subarray(0, batch.length - 1), options)).toMatchObject({
      ok: false,
      error: { code: 'CORRUPT_MESSAGE' },
    });
    const damaged = batch.slice();
    damaged[damaged.length - 3] = 0x7e;
    expect(renderRecords(damaged, options)).toMatchObject({ ok: false, error: { code: 'CORRUPT_MESSAGE' } });
  });
});

describe('the range that is rendered', () => {
  const batches = Buffer.concat([
    batchOf(['0', '1', '2'], { baseOffset: 10 }),
    batchOf(['3', '4'], { baseOffset: 13 }),
    batchOf(['5'], { baseOffset: 20 }),
  ]);

  it.each<[changes: Partial<RenderOptions>, offsets: number[], nextOffset: number]>([
    [{}, [10, 11, 12, 13, 14, 20], 21],
    [{ fromOffset: 12 }, [12, 13, 14, 20], 21],
    [{ fromOffset: 13 }, [13, 14, 20], 21],
    [{ fromOffset: 15 }, [20], 21],
    [{ fromOffset: 25 }, [], 25],
    [{ toOffset: 14 }, [10, 11, 12, 13], 14],
    [{ toOffset: 13 }, [10, 11, 12], 13],
    [{ toOffset: 17 }, [10, 11, 12, 13, 14], 17],
    [{ toOffset: 99 }, [10, 11, 12, 13, 14, 20], 21],
    [{ fromOffset: 11, toOffset: 13 }, [11, 12], 13],
    [{ maxRecords: 1 }, [10], 11],
    [{ maxRecords: 3 }, [10, 11, 12], 13],
    [{ maxRecords: 5 }, [10, 11, 12, 13, 14], 20],
    [{ maxRecords: 6 }, [10, 11, 12, 13, 14, 20], 21],
    [{ maxRecords: 2, fromOffset: 12, toOffset: 14 }, [12, 13], 14],
    [{ shape: 'value', maxTextBytes: 0 }, [10], 11],
    [{ shape: 'value', maxTextBytes: 5 }, [10, 11, 12], 13],
    [{ shape: 'value', maxTextBytes: 6 }, [10, 11, 12], 13],
    [{ shape: 'value', maxTextBytes: 7 }, [10, 11, 12, 13], 14],
  ])('%o', (changes, offsets, nextOffset) => {
    const result = rendered(batches, changes);
    expect(result.offsets).toEqual(offsets);
    expect(result.nextOffset).toBe(nextOffset);
    expect(result.texts).toHaveLength(offsets.length);
  });

  it('passes over control batches', () => {
    const control = batchOf(['marker'], { baseOffset: 3 });
    control[batchField.attributes + 1]! |= batchAttribute.control | batchAttribute.transactional;
    sealBatch(control, 0, control.length);
    const log = Buffer.concat([batchOf(['0', '1', '2']), control]);
    expect(rendered(log)).toMatchObject({ offsets: [0, 1, 2], nextOffset: 4 });
    expect(rendered(log, { fromOffset: 3 })).toMatchObject({ offsets: [], nextOffset: 4 });
  });

  it('is empty for an empty answer', () => {
    expect(rendered(new Uint8Array(0), { fromOffset: 7 })).toEqual({
      texts: [],
      offsets: [],
      textBytes: 0,
      nextOffset: 7,
    });
  });
});

describe('the way through the log', () => {
  const stored = (batch: readonly { key: Uint8Array | null; value: Uint8Array | null; timestampMs: number | null }[]) =>
    encodeBatch(batch.map((record) => ({ headers: [], ...record, timestampMs: record.timestampMs ?? 0 })));

  it('gives every JSON value back byte for byte: JSON body', () => {
    fc.assert(
      fc.property(fc.array(jsonSource, { minLength: 1, maxLength: 6 }), (sources) => {
        const body = `{"records":[${sources.map((source) => `{"value":${source}}`).join(',')}]}`;
        const parsed = parseProduceBody(utf8(body), { maxRecords: 10 });
        if (!parsed.ok) throw new Error(parsed.error.message);
        expect(rendered(stored(parsed.value), { shape: 'value', as: 'json' }).texts).toEqual(sources);
      }),
      { numRuns: 300 },
    );
  });

  it('gives every JSON value back byte for byte: NDJSON body and NDJSON answer', () => {
    fc.assert(
      fc.property(fc.array(jsonSource, { minLength: 1, maxLength: 6 }), (sources) => {
        const body = `${sources.map((source) => source.replaceAll(/[\r\n]/g, '\t')).join('\n')}\n`;
        const parsed = parseNdjsonBody(utf8(body), { maxRecords: 10, keyPointer: null });
        if (!parsed.ok) throw new Error(parsed.error.message);
        const { texts } = rendered(stored(parsed.value), { shape: 'value', isSingleLine: true });
        expect(texts.map((text) => `${text}\n`).join('')).toBe(body);
      }),
      { numRuns: 300 },
    );
  });

  it('gives any bytes back by their type', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.string({ unit: 'grapheme' }).map(utf8),
      jsonSource.map(utf8),
      fc.constant(null),
    );
    const bytesOf = (shown: unknown, type: string, source: string): Uint8Array | null => {
      if (type === 'null') return null;
      if (type === 'json') return utf8(source);
      return type === 'text' ? utf8(shown as string) : Uint8Array.from(Buffer.from(shown as string, 'base64'));
    };
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, bytes), { minLength: 1, maxLength: 5 }), (pairs) => {
        const batch = encodeBatch(pairs.map(([key, value]) => ({ key, value, headers: [], timestampMs: 0 })));
        const sources = rendered(batch, { shape: 'value' }).texts;
        for (const [index, record] of records(batch).entries()) {
          const [key, value] = pairs[index]!;
          expect(bytesOf(record.key, record.key_type, '')).toEqual(key);
          expect(bytesOf(record.value, record.value_type, sources[index]!)).toEqual(value);
        }
      }),
      { numRuns: 500 },
    );
  });
});

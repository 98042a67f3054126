import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, indentJson } from '../../../dashboard/src/records/decode.ts';
import { type PlainRecord, rowMaker } from '../../../dashboard/src/records/record-row.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('bytes', () => {
  test.each([
    ['{"id":9223372036854775807}', 'auto', 'json'],
    ['42', 'auto', 'text'],
    ['42', 'json', 'json'],
    ['{"a":', 'json', 'text'],
    ['{"a":1}', 'text', 'text'],
    ['a\u0000b', 'auto', 'text'],
  ] as const)('%j as %s are %s', (text, rendering, kind) => {
    expect(decode(bytes(text), rendering)).toEqual({ kind, text });
  });

  test('that are no text are hex, and null and nothing are told apart', () => {
    expect(decode(new Uint8Array([1, 254, 0]))).toEqual({ kind: 'hex', text: '01 fe 00' });
    expect(decode(new Uint8Array([1, 254, 0]), 'json')).toEqual({ kind: 'hex', text: '01 fe 00' });
    expect(decode(new Uint8Array([1, 254, 0]), 'base64')).toEqual({ kind: 'base64', text: 'Af4A' });
    expect(decode(null, 'hex')).toEqual({ kind: 'null' });
    expect(decode(new Uint8Array(), 'base64')).toEqual({ kind: 'empty' });
  });
});

describe('JSON', () => {
  test('is indented with every digit, key and escape as it was', () => {
    const text = '{"id":9223372036854775807,"x":[1.50,[],{}],"x":"\\u00e9 {,}"}';
    expect(indentJson(text)).toBe(
      '{\n  "id": 9223372036854775807,\n  "x": [\n    1.50,\n    [],\n    {}\n  ],\n  "x": "\\u00e9 {,}"\n}',
    );
  });

  test('is indented as JSON.stringify does it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(indentJson(text)).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });
});

describe('a row', () => {
  const record: PlainRecord = {
    partition: 0,
    offset: 3,
    timestampMs: 0,
    key: null,
    value: bytes('{"id":9223372036854775807,\n "name":"","none":null}'),
    headers: [{ name: 'trace', value: bytes('abc') }],
  };

  test('has a cell for each column, and says what is not there', () => {
    const columns = ['value.id', 'value.name', 'value.none', 'value.other', 'header["trace"]', 'no field'];
    expect(rowMaker({ rendering: 'auto', columns })(record)).toEqual({
      key: { kind: 'null' },
      value: { kind: 'shown', text: '{"id":9223372036854775807, "name":"","none":null}' },
      columns: [
        { kind: 'shown', text: '9223372036854775807' },
        { kind: 'empty' },
        { kind: 'null' },
        { kind: 'absent' },
        { kind: 'shown', text: 'abc' },
        { kind: 'absent' },
      ],
    });
  });

  test('cuts a long text where a character begins, so that it stays text', () => {
    for (const lead of ['', 'a', 'aa', 'aaa']) {
      const row = rowMaker({ rendering: 'auto', columns: [] })({ ...record, value: bytes(lead + '𝄞'.repeat(200)) });
      expect(row.value).toMatchObject({ kind: 'shown', text: expect.stringMatching(/^a*𝄞+$/u) });
    }
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConsumedRecord } from '../../src/client/consumed-record.ts';
import { parseJsonPointer } from '../../src/json/json-pointer.ts';
import { recordLine } from '../../src/record-files/record-line.ts';
import { type RecordFormat, RecordReader } from '../../src/record-files/record-reader.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (part: unknown) => (part instanceof Uint8Array ? new TextDecoder().decode(part) : part);

function read(format: RecordFormat, text: string | Uint8Array, firstLine = 1) {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  const { records, problem } = new RecordReader(format).read({ bytes, firstLine });
  return { records: records.map((record) => [textOf(record.key), textOf(record.value)]), problem };
}

function ndjson(pointer: string | null): RecordFormat {
  const parsed = pointer === null ? null : parseJsonPointer(pointer);
  return { kind: 'ndjson', keyPointer: parsed?.ok ? parsed.value : null };
}

describe('lines', () => {
  test('are values as they stand', () => {
    expect(read({ kind: 'lines', keySeparator: null }, 'a b\n\nno: end\r\n')).toEqual({
      records: [
        [undefined, 'a b'],
        [undefined, ''],
        [undefined, 'no: end'],
      ],
      problem: null,
    });
  });

  test('are keys and values around the first separator', () => {
    const format: RecordFormat = { kind: 'lines', keySeparator: bytesOf('::') };
    expect(read(format, 'a:b::c::d\n::x\n', 8)).toEqual({
      records: [
        ['a:b', 'c::d'],
        ['', 'x'],
      ],
      problem: null,
    });
    expect(read(format, 'a::b\nnone\nc::d\n', 8)).toEqual({
      records: [['a', 'b']],
      problem: { line: 9, message: 'it has no key separator' },
    });
  });
});

describe('ndjson', () => {
  test('is stored byte for byte with the key it points at', () => {
    const text = '{"id": 9223372036854775807, "a":1 }\n{"id":"é\\n"}\n{"id":null}\n{}\n';
    expect(read(ndjson('/id'), text).records).toEqual([
      ['9223372036854775807', '{"id": 9223372036854775807, "a":1 }'],
      ['é\n', '{"id":"é\\n"}'],
      [undefined, '{"id":null}'],
      [undefined, '{}'],
    ]);
  });

  test.each([
    ['{"a":}', /^column 6: /],
    ['', /it is empty/],
    ['{} {}', /^column 4: /],
    ['nul', /^column 4: /],
  ])('stops at the bad line %j and says where', (line, message) => {
    const { records, problem } = read(ndjson(null), `1\n2\n${line}\n4\n`, 100);
    expect(records).toHaveLength(2);
    expect(problem?.line).toBe(102);
    expect(problem?.message).toMatch(message);
  });

  test('finds the line that is not UTF-8', () => {
    const { problem, records } = read(ndjson(null), Uint8Array.from([0x31, 0x0a, 0x22, 0xff, 0x22, 0x0a]));
    expect(records).toHaveLength(1);
    expect(problem).toEqual({ line: 2, message: 'it is not UTF-8' });
  });
});

describe('json', () => {
  const one = (line: string) => new RecordReader({ kind: 'json' }).read({ bytes: bytesOf(`${line}\n`), firstLine: 1 });

  test('describes a record as the HTTP API does', () => {
    const { records } = one(
      '{"key":"k","value":{"n":1.0},"headers":[{"name":"a","value":"b"},{"name":"c","value_base64":"AP8="}],"partition":2,"timestamp":5}',
    );
    expect(records).toEqual([
      {
        key: bytesOf('k'),
        value: bytesOf('{"n":1.0}'),
        headers: [
          { name: 'a', value: bytesOf('b') },
          { name: 'c', value: Uint8Array.of(0, 255) },
        ],
        partition: 2,
        timestamp: 5,
      },
    ]);
    expect(one('{"key":17,"value_text":"x"}').records[0]).toMatchObject({ key: bytesOf('17'), value: bytesOf('x') });
    expect(one('{"key_base64":"AP8=","value_base64":"AP8="}').records[0]).toMatchObject({
      key: Uint8Array.of(0, 255),
      value: Uint8Array.of(0, 255),
    });
    expect(one('{}').records[0]).toMatchObject({ key: null, value: null });
  });

  test.each([
    ['[]', /object/],
    ['{"valeu":1}', /"valeu"/],
    ['{"value":1,"value_text":"x"}', /both value and value_text/],
    ['{"value_text":1}', /value_text is no string/],
    ['{"value_base64":"?"}', /no base64/],
    ['{"headers":{}}', /no array/],
    ['{"headers":[{}]}', /no name/],
    ['{"headers":[{"name":"a","value":1}]}', /no text/],
    ['{"timestamp":-1}', /timestamp/],
    ['{"partition":0.5}', /partition/],
    ['{"a"', /./],
  ])('refuses %s', (line, message) => {
    expect(one(line).problem?.message).toMatch(message);
  });

  test('reads back what consume printed, whatever the bytes', () => {
    const part = fc.option(
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.json().map(bytesOf),
        fc.string({ unit: 'binary' }).map(bytesOf),
        fc.constantFrom('null', '"x"', '9223372036854775807', ' 1 ', '{"a":\n1}', '').map(bytesOf),
      ),
    );
    const header = fc.record({ name: fc.string(), value: fc.option(fc.uint8Array({ maxLength: 8 })) });
    fc.assert(
      fc.property(part, part, fc.array(header, { maxLength: 3 }), fc.nat(), (key, value, headers, timestamp) => {
        const line = recordLine(new ConsumedRecord('orders', 4, 17, timestamp, { key, value, headers }));
        expect(line.indexOf('\n')).toBe(line.length - 1);
        const { records, problem } = new RecordReader({ kind: 'json' }).read({ bytes: bytesOf(line), firstLine: 1 });
        expect(problem).toBeNull();
        expect(records[0]).toEqual({ key, value, headers, timestamp, partition: undefined });
      }),
    );
  });
});

test('reads every line of a block, with the ones that are no records', () => {
  const block = { bytes: bytesOf('{"a":1}\nno\n{"a":2}\n'), firstLine: 5 };
  const { records, problems } = new RecordReader({ kind: 'ndjson', keyPointer: null }).readAll(block);
  expect(records.map(({ line }) => line)).toEqual([5, 7]);
  expect(problems).toMatchObject([{ line: 6 }]);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNdjsonBody } from '../../src/json/ndjson-body.ts';
import { jsonSource, text, utf8 } from './json-documents.ts';

const parse = (body: string, keyPointer: string | null = null) =>
  parseNdjsonBody(utf8(body), { keyPointer, maxRecords: 10 });

function accepted(body: string, keyPointer: string | null = null) {
  const parsed = parse(body, keyPointer);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const values = (body: string) => accepted(body).map((record) => text(record.value!));
const keys = (body: string, keyPointer: string) =>
  accepted(body, keyPointer).map((record) => (record.key === null ? null : text(record.key)));

/** A document on one line, with spaces and tabs around it that belong to the value. */
const jsonLine = fc
  .tuple(fc.constantFrom('', ' ', '\t '), jsonSource, fc.constantFrom('', ' ', '\t'))
  .map((parts) => parts.join('').replaceAll(/[\r\n]/g, ' '));

describe('parseNdjsonBody', () => {
  it('stores every line byte for byte, white space included', () => {
    fc.assert(
      fc.property(
        fc.array(jsonLine, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.constantFrom(null, '/no/such', '/0/no such'),
        (lines, lineEnd, endsLast, keyPointer) => {
          const body = lines.join(lineEnd) + (endsLast ? lineEnd : '');
          const parsed = accepted(body, keyPointer);
          expect(parsed.map((record) => text(record.value!))).toEqual(lines);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leaves only the line end out', () => {
    expect(values('1\r\n2')).toEqual(['1', '2']);
    expect(values('1\r\r\n')).toEqual(['1\r']);
    expect(values(' {"a" : 1}\t\n')).toEqual([' {"a" : 1}\t']);
    expect(values('9223372036854775807\n-0\n1.10')).toEqual(['9223372036854775807', '-0', '1.10']);
    expect(values('null\n')).toEqual(['null']);
  });

  it.each<[body: string, line: number, column: number, message: string]>([
    ['\n', 1, 1, 'line 1 is empty'],
    ['1\n\n', 2, 1, 'line 2 is empty'],
    ['1\n\n2', 2, 1, 'line 2 is empty'],
    ['1\r\n\r\n2', 2, 1, 'line 2 is empty'],
    ['1\n  \n2', 2, 3, 'found the end of the line'],
    ['1\n{"é":tru}\n3', 2, 9, "expected the rest of true, found '}'"],
    ['{"a":1\n}', 1, 7, 'found the end of the line'],
    ['1\n2 3', 2, 3, 'expected nothing after the value'],
    ['"a', 1, 3, 'the line ends inside the string that begins at line 1, column 1'],
    ['\ufeff1', 1, 1, 'byte order mark'],
    [`1\n${'['.repeat(65)}${']'.repeat(65)}`, 2, 65, 'nested deeper than 64 levels'],
    [`{"padding":"${'x'.repeat(5000)}","deep":${'['.repeat(64)}${']'.repeat(64)}}`, 1, 5085, 'nested deeper'],
  ])('refuses all of %j for its bad line, with and without a key', (body, line, column, message) => {
    for (const keyPointer of [null, '/a/b']) {
      const parsed = parse(body, keyPointer);
      expect(parsed).toMatchObject({ ok: false, error: { code: 'MALFORMED_JSON', detail: { line, column } } });
      if (!parsed.ok) expect(parsed.error.message).toContain(message);
    }
  });

  it('refuses a body without records', () => {
    expect(parse('')).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
  });

  it('refuses one line more than is allowed', () => {
    expect(accepted('1\n'.repeat(10))).toHaveLength(10);
    expect(parse('1\n'.repeat(11))).toMatchObject({
      ok: false,
      error: { code: 'RECORD_LIST_TOO_LARGE', detail: { max_records: 10 } },
    });
  });

  it('refuses a body that is not UTF-8, and one that ends inside a character', () => {
    const parseBytes = (...bytes: number[]) =>
      parseNdjsonBody(Uint8Array.from(bytes), { keyPointer: null, maxRecords: 10 });
    expect(parseBytes(0x31, 0x0a, 0x22, 0xc3, 0x22)).toMatchObject({
      ok: false,
      error: { code: 'MALFORMED_UTF8', detail: { byte: 4, line: 2 } },
    });
    expect(parseBytes(0x22, 0xf0, 0x9f, 0x98)).toMatchObject({
      ok: false,
      error: { code: 'MALFORMED_UTF8', detail: { byte: 4 } },
    });
    expect(parseBytes(0x22, 0xed, 0xa0, 0x80, 0x22)).toMatchObject({
      ok: false,
      error: { code: 'MALFORMED_UTF8', detail: { byte: 2 } },
    });
  });
});

describe('the key of an NDJSON line', () => {
  it.each<[line: string, pointer: string, key: string | null]>([
    ['{"a":"JFK"}', '/a', 'JFK'],
    ['{"a":"caf\\u00e9"}', '/a', 'café'],
    ['{"a":12345678901234567890}', '/a', '12345678901234567890'],
    ['{"a":{"b": [1, {"c":"x"}]}}', '/a/b/1/c', 'x'],
    ['{"a":{"b": [1, 2] }}', '/a', '{"b": [1, 2] }'],
    ['{"a":true}', '/a', 'true'],
    ['{"a":null}', '/a', null],
    ['{"b":1}', '/a', null],
    ['{"a":1}', '/a/b', null],
    ['[1,2]', '/a', null],
    ['[1,2]', '/1', '2'],
    ['[1,2]', '/2', null],
    ['[1,2]', '/01', null],
    ['[1,2]', '/-', null],
    ['{"1":"one"}', '/1', 'one'],
    ['{"":"empty"}', '/', 'empty'],
    ['{"a/b":1,"m~n":2}', '/a~1b', '1'],
    ['{"a/b":1,"m~n":2}', '/m~0n', '2'],
    ['{"~1":3}', '/~01', '3'],
    ['{"é":1}', '/é', '1'],
    ['{"\\u00e9":1}', '/é', '1'],
    ['{"\\ud800":1}', '/é', null],
    ['{"a":1,"a":2}', '/a', '2'],
    ['{"a":{"b":1},"a":2}', '/a/b', null],
    ['"whole"', '', 'whole'],
    [' 42 ', '', '42'],
    ['null', '', null],
  ])('of %s at %j is %j', (line, pointer, key) => {
    expect(keys(line, pointer)).toEqual([key]);
  });

  it('is what walking the parsed value finds', () => {
    fc.assert(
      fc.property(jsonLine, fc.array(fc.constantFrom('a', '0', '1', '', '~'), { maxLength: 3 }), (line, steps) => {
        const pointer = steps.map((step) => `/${step.replaceAll('~', '~0')}`).join('');
        let found: unknown = JSON.parse(line);
        for (const step of steps) {
          const isInside = typeof found === 'object' && found !== null && Object.hasOwn(found, step);
          found = isInside ? (found as Record<string, unknown>)[step] : undefined;
        }
        fc.pre(typeof found !== 'string' || found.isWellFormed());
        const [key] = keys(line, pointer);
        if (found === undefined || found === null) expect(key).toBe(null);
        else if (typeof found === 'string') expect(key).toBe(found);
        else expect(JSON.parse(key!)).toEqual(found);
      }),
      { numRuns: 500 },
    );
  });

  it('counts toward the depth of its line', () => {
    const line = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    for (const pointer of ['/a', '/b', '/a/0']) {
      expect(keys(line(63), pointer)).toHaveLength(1);
      expect(parse(line(64), pointer)).toMatchObject({
        ok: false,
        error: { code: 'MALFORMED_JSON', detail: { line: 1, column: 69 } },
      });
    }
  });

  it('is refused when UTF-8 cannot say it', () => {
    expect(parse('1\n{"a": "\\ud800"}', '/a')).toMatchObject({
      ok: false,
      error: { code: 'INVALID_REQUEST', detail: { line: 2, column: 7 } },
    });
    expect(accepted('{"a": "\\ud800"}')).toHaveLength(1);
  });

  it.each(['a', 'a/b', '/~', '/~2', '/a~', '/\ud800', `/${'a'.repeat(256)}`, '/'.repeat(65)])(
    'refuses the pointer %j before it reads the body',
    (pointer) => {
      expect(parse('not json', pointer)).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
    },
  );
});

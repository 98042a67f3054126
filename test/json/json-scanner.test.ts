import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanMembers } from '../../src/json/json-object.ts';
import { JsonScanner, maxJsonDepth } from '../../src/json/json-scanner.ts';
import { jsonGap, jsonSource, text, utf8 } from './json-documents.ts';

/** What the scanner says of a whole text. */
function scan(source: string | Uint8Array) {
  const scanner = new JsonScanner(typeof source === 'string' ? utf8(source) : source);
  const isValid = scanner.skipValue() && scanner.finish();
  return { isValid, failure: isValid ? null : scanner.failure().error };
}

const isJson = (source: string): boolean => {
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
};

describe('JsonScanner', () => {
  it('accepts every document that JSON.parse accepts, and stops right behind it', () => {
    fc.assert(
      fc.property(jsonGap, jsonSource, jsonGap, (before, source, after) => {
        const bytes = utf8(before + source + after);
        const scanner = new JsonScanner(bytes);
        scanner.peek();
        const start = scanner.position;
        expect(scanner.skipValue()).toBe(true);
        expect(text(bytes.subarray(start, scanner.position))).toBe(source);
        expect(scanner.finish()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('accepts or refuses a damaged document just as JSON.parse does', () => {
    const damage = fc.record({
      at: fc.nat(),
      deleteCount: fc.nat(2),
      insert: fc.oneof(
        fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0123456789.eE+-tfn \n\t/x\u0000é'), maxLength: 2 }),
        fc.string({ unit: 'grapheme', maxLength: 1 }),
      ),
    });
    let refused = 0;
    fc.assert(
      fc.property(jsonSource, fc.array(damage, { minLength: 1, maxLength: 3 }), (source, damages) => {
        let damaged = source;
        for (const { at, deleteCount, insert } of damages) {
          const from = at % (damaged.length + 1);
          damaged = damaged.slice(0, from) + insert + damaged.slice(from + deleteCount);
        }
        fc.pre(damaged.isWellFormed());
        if (!isJson(damaged)) refused++;
        expect(scan(damaged).isValid).toBe(isJson(damaged));
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(300);
  });

  it('says where and what is wrong', () => {
    const cases: [source: string, line: number, column: number, problem: string][] = [
      ['', 1, 1, 'expected a value, found the end of the text'],
      ['{"a":1', 1, 7, "expected ',' or '}' after an object's member, found the end of the text"],
      ['{"a":1,}', 1, 8, "expected an object's member, its name in double quotes, found '}'"],
      ['{a:1}', 1, 2, "expected an object's member, its name in double quotes, found 'a'"],
      ['{"a" 1}', 1, 6, "expected ':' after a member's name, found '1'"],
      ['{"a":1 "b":2}', 1, 8, `expected ',' or '}' after an object's member, found '"'`],
      ['[1 2]', 1, 4, "expected ',' or ']' after an array's element, found '2'"],
      ['[1,]', 1, 4, "expected a value, found ']'"],
      ['[\n  "ä",\n  "öü", x]', 3, 9, "expected a value, found 'x'"],
      ['["😀", ?]', 1, 7, "expected a value, found '?'"],
      ["['a']", 1, 2, `expected a value, found "'"`],
      ['[é]', 1, 2, 'expected a value, found U+00E9'],
      ['\ufeff{}', 1, 1, 'expected a value, found a byte order mark (U+FEFF)'],
      ['"a\tb"', 1, 3, 'a tab (U+0009) inside a string must be escaped'],
      ['"a\u001fb"', 1, 3, 'U+001F inside a string must be escaped'],
      ['"a\nb"', 1, 3, 'a line break (U+000A) inside a string must be escaped'],
      ['[1,\n "abc', 2, 6, 'the text ends inside the string that begins at line 2, column 2'],
      ['"\\x"', 1, 3, "expected one of \" \\ / b f n r t u after a backslash, found 'x'"],
      ['"\\u12g4"', 1, 6, "expected four hexadecimal digits after \\u, found 'g'"],
      ['01', 1, 2, 'a number cannot begin with 0 and another digit'],
      ['-', 1, 2, "expected a digit after '-', found the end of the text"],
      ['1.', 1, 3, "expected a digit after the number's point, found the end of the text"],
      ['1e+', 1, 4, "expected a digit in the number's exponent, found the end of the text"],
      ['+1', 1, 1, "expected a value, found '+'"],
      ['.5', 1, 1, "expected a value, found '.'"],
      ['NaN', 1, 1, "expected a value, found 'N'"],
      ['nul', 1, 4, 'expected the rest of null, found the end of the text'],
      ['trux', 1, 4, "expected the rest of true, found 'x'"],
      ['{} {}', 1, 4, "expected nothing after the value, found '{'"],
      ['1 // one', 1, 3, "expected nothing after the value, found '/'"],
    ];
    for (const [source, line, column, problem] of cases) {
      expect(scan(source).failure, JSON.stringify(source)).toEqual({
        code: 'MALFORMED_JSON',
        message: `malformed JSON at line ${line}, column ${column}: ${problem}`,
        detail: { line, column },
      });
      expect(isJson(source), source).toBe(false);
    }
  });

  it('takes exactly the depth that is allowed, of arrays, of objects and of both', () => {
    const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      expect(scan(nested(open, close, maxJsonDepth)).isValid).toBe(true);
      expect(scan(nested(open, close, maxJsonDepth + 1)).failure).toMatchObject({
        code: 'MALFORMED_JSON',
        detail: { line: 1, column: open.length * maxJsonDepth + 1 },
      });
    }
    expect(scan(nested('[{"a":', '}]', maxJsonDepth / 2)).isValid).toBe(true);
    expect(scan(nested('[{"a":', '}]', maxJsonDepth / 2 + 1)).isValid).toBe(false);
    expect(scan(`[${'[],'.repeat(1000)}[]]`).isValid).toBe(true);
    expect(scan('['.repeat(1_000_000)).failure?.message).toContain('nested deeper than 64 levels');
  });

  it('reads nothing beyond its range', () => {
    const bytes = utf8('[1,2]3');
    expect(new JsonScanner(bytes, 1, 2).skipValue()).toBe(true);
    const cut = new JsonScanner(bytes, 0, 4);
    expect(cut.skipValue()).toBe(false);
    expect(cut.problemAt).toBe(4);
  });
});

describe('scanMembers', () => {
  it('finds the exact span of every member', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.string({ unit: 'grapheme' }), jsonGap, jsonSource), {
          selector: ([name]) => name,
          maxLength: 6,
        }),
        (members) => {
          const bytes = utf8(
            `{${members.map(([name, space, source]) => `${space}${JSON.stringify(name)}${space}:${space}${source}${space}`).join(',')}}`,
          );
          const found = scanMembers(bytes);
          expect(found.ok).toBe(true);
          if (!found.ok) return;
          const sources = [...found.value].map(([name, { start, end }]) => [name, text(bytes.subarray(start, end))]);
          expect(sources).toEqual(members.map(([name, , source]) => [name, source]));
        },
      ),
    );
  });

  it('lets the last of several members with one name count, however it is spelt', () => {
    const bytes = utf8('{"id":1,"\\u0069d":2}');
    expect(scanMembers(bytes)).toEqual({ ok: true, value: new Map([['id', { start: 18, end: 19 }]]) });
  });

  it.each([
    ['[1]', 'INVALID_REQUEST'],
    ['{"a":}', 'MALFORMED_JSON'],
    ['{"a":1}}', 'MALFORMED_JSON'],
    ['[1', 'MALFORMED_JSON'],
  ])('refuses %s', (source, code) => {
    expect(scanMembers(utf8(source))).toMatchObject({ ok: false, error: { code } });
  });
});

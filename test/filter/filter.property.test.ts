import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileFilter } from '../../src/filter/evaluate-filter.ts';
import type { FilterRecord } from '../../src/filter/filter.ts';
import { parseFilter } from '../../src/filter/filter-parser.ts';
import { printFilter } from '../../src/filter/print-filter.ts';
import { limits } from '../../src/limits.ts';
import { anyFilter } from './filter-arbitrary.ts';
import { referenceMatches } from './filter-reference.ts';

const nowMs = 1_790_000_000_000;
const bytes = (text: string) => new Uint8Array(Buffer.from(text));

const json: fc.Arbitrary<string> = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('null', 'true', 'false', '"a"', '"ab"', '"\\u0061"', '""', '42', '"42"'),
    fc.constantFrom('9007199254740993', '9007199254740992', '1.0', '1e2', '100', '0.10', '-0', '1e399', '"é"'),
    fc.integer().map(String),
    fc.array(tie('json'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(fc.tuple(fc.constantFrom('a', 'b', 'total', '0', 'x-tenant', ''), tie('json')), { maxLength: 3 })
      .map((members) => `{ ${members.map(([name, value]) => `"${name}":${value}`).join(',')} }`),
  ),
})).json;

const stored = fc.option(fc.oneof({ weight: 6, arbitrary: json }, fc.constantFrom('', 'plain ab', '{"a":1', 'ab')), {
  freq: 12,
});
const record: fc.Arbitrary<FilterRecord> = fc.record({
  partition: fc.nat(3),
  offset: fc.oneof(fc.nat(200), fc.constant(Number.MAX_SAFE_INTEGER)),
  timestampMs: fc.oneof(fc.constantFrom(-1, nowMs, nowMs - 15 * 60_000, 1_700_000_000_000), fc.nat()),
  key: stored.map((text) => (text === null ? null : bytes(text))),
  value: stored.map((text) => (text === null ? null : bytes(text))),
  headers: fc.array(
    fc.record({
      name: fc.constantFrom('a', 'x-tenant', 'b'),
      value: stored.map((text) => (text === null ? null : bytes(text))),
    }),
    { maxLength: 3 },
  ),
});

const withinBounds = anyFilter.filter((filter) => printFilter(filter).length <= limits.filterCharacters.value);

test('a filter that is printed reads as the same filter', () => {
  fc.assert(
    fc.property(withinBounds, (filter) => {
      const read = parseFilter(printFilter(filter));
      expect(read).toEqual({ ok: true, value: filter });
    }),
    { numRuns: 500 },
  );
});

test('a filter means the records that it means when JSON is parsed and numbers are fractions', () => {
  const filters = anyFilter.filter((filter) => !looksIntoContainers(printFilter(filter)));
  let matches = 0;
  fc.assert(
    fc.property(filters, record, (filter, tried) => {
      const expected = referenceMatches(filter, tried, nowMs);
      expect(compileFilter(filter, nowMs)(tried)).toBe(expected);
      matches += expected ? 1 : 0;
    }),
    { numRuns: 3_000 },
  );
  expect(matches).toBeGreaterThan(300);
});

/** The reference has no source of objects, arrays and numbers to look for a text in. */
const looksIntoContainers = (printed: string) => /(key|value)\S* (contains|startsWith|endsWith)/.test(printed);

test('whatever is no filter is refused at a character of it', () => {
  const pieces = fc.constantFrom(
    'key',
    'value',
    '.a',
    '["b"]',
    '==',
    '>',
    '"x"',
    '1',
    '-15m',
    '(',
    ')',
    '!',
    '&&',
    'in',
    '[',
    ']',
    ',',
    "'",
    '\n',
    '😀',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const source = parts.join(' ');
      const read = parseFilter(source);
      if (read.ok) {
        expect(parseFilter(printFilter(read.value))).toEqual(read);
        return;
      }
      expect(read.error.code).toBe('INVALID_REQUEST');
      expect(read.error.detail?.character).toBeGreaterThanOrEqual(1);
      expect(read.error.detail?.character).toBeLessThanOrEqual(source.length + 1);
    }),
    // A filter by accident is one of the cases to be met.
    { numRuns: 2_000, examples: [[['key', '>', '"x"']]] },
  );
});

import { describe, expect, test } from 'vitest';
import { compileFilter } from '../../src/filter/evaluate-filter.ts';
import { compareExactNumbers, readExactNumber } from '../../src/filter/exact-number.ts';
import { type FilterRecord, maxFilterDepth, maxFilterPredicates } from '../../src/filter/filter.ts';
import { parseFilter, pointAtCharacter } from '../../src/filter/filter-parser.ts';
import { filterScope } from '../../src/filter/filter-scope.ts';
import { TextSearch } from '../../src/filter/text-search.ts';
import { limits } from '../../src/limits.ts';

const nowMs = Date.parse('2026-11-20T12:00Z');
const bytes = (text: string) => new Uint8Array(Buffer.from(text));

const order: FilterRecord = {
  partition: 3,
  offset: 8_123_456,
  timestampMs: nowMs - 10 * 60_000,
  key: bytes('user-17'),
  value: bytes('{"total":9223372036854775807,"tags":["new","eu"],"note":"caf\\u00e9","paid":true,"left":null}'),
  headers: [
    { name: 'x-tenant', value: bytes('a') },
    { name: 'x-tenant', value: bytes('b') },
    { name: 'empty', value: null },
    { name: 'tries', value: bytes('3') },
  ],
};

function matches(source: string, record: FilterRecord = order): boolean {
  const filter = parseFilter(source);
  if (!filter.ok) throw new Error(filter.error.message);
  return compileFilter(filter.value, nowMs)(record);
}

describe('a filter', () => {
  test.each([
    'value.total > 100 && header["x-tenant"] == "a" && key startsWith "user-"',
    'value.total == 9223372036854775807',
    'value.total > 9223372036854775806.9',
    'value.total == 9.223372036854775807e18',
    'value["tags"][1] == "eu"',
    'value.note == "café" && value.note endsWith "é" && value.note >= "c"',
    'value.paid == true && value.left == null && value.left exists',
    'value.missing != 1 && !(value.missing exists) && !(value.missing == null)',
    'value contains "caf\\\\u00e9"',
    'value.tags contains "new"',
    'header["x-tenant"] in ["b", "c"] && header["empty"] == null && header["empty"] exists',
    'header["tries"] >= 3 && header["tries"] == "3"',
    'partition == 3 && offset in [1, 8123456] && offset < 9e6',
    'timestamp >= -15m && timestamp < -5m && timestamp > 2026-11-20T11:00Z && timestamp > @0',
    '!tombstone && key exists && (partition == 1 || partition == 3)',
  ])('means this record: %s', (source) => expect(matches(source)).toBe(true));

  test.each([
    'value.total == 9223372036854775806',
    'value.total == "9223372036854775807"',
    'value.total == 9223372036854775808',
    'value.total < 1 || value.total >= "1"',
    'value.tags[2] exists',
    'value.tags.new exists',
    'header["x-tenant"] != "a"',
    'header["absent"] exists',
    'value == null',
    'key.id exists',
    'timestamp >= -5m',
  ])('does not mean this record: %s', (source) => expect(matches(source)).toBe(false));

  test('tells a tombstone, a JSON null, an empty value and no key apart', () => {
    const of = (value: string | null, key: string | null = null): FilterRecord => ({
      ...order,
      value: value === null ? null : bytes(value),
      key: key === null ? null : bytes(key),
    });
    expect(['tombstone', 'value == null', 'value exists', 'value == ""'].map((it) => matches(it, of(null)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(['tombstone', 'value == null', 'value exists'].map((it) => matches(it, of('null')))).toEqual([
      false,
      true,
      true,
    ]);
    expect(['value == ""', 'value exists', 'key == null', 'key == ""'].map((it) => matches(it, of('')))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test('takes a value as JSON where it is, and as text elsewhere', () => {
    const of = (value: Uint8Array): FilterRecord => ({ ...order, value });
    expect(matches('value == "plain"', of(bytes('plain')))).toBe(true);
    expect(matches('value == "plain" && value startsWith "pl"', of(bytes('"plain"')))).toBe(true);
    expect(matches('value == 42', of(bytes(' 42\n')))).toBe(true);
    expect(matches('value == "42"', of(bytes('42')))).toBe(false);
    expect(matches('value.a == 1', of(bytes('{"a":1} and more')))).toBe(false);
    expect(matches('value.a == 2', of(bytes('{"a":1,"a":2}')))).toBe(true);
    expect(matches('value contains "ok"', of(new Uint8Array([0xff, 0x6f, 0x6b])))).toBe(true);
    expect(matches('value.a == "x" || value.a contains ""', of(bytes('{"a":"\\ud800"}')))).toBe(false);
    expect(matches('value.a exists', of(bytes(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)))).toBe(false);
  });
});

describe('what is wrong with a filter is said and pointed at', () => {
  test.each([
    ['', 1, 'expected one of key, value, header, partition, offset, timestamp, found the end'],
    ['value.total => 1', 13, 'write == to compare'],
    ['value.total = 1', 13, 'write == to compare'],
    ['value.a == 1 & key exists', 14, 'write && for "and"'],
    ["key == 'a'", 8, 'texts stand in double quotes'],
    ['key == "a', 8, 'not closed'],
    ['key == "\\ud800"', 8, 'half of a surrogate pair'],
    ['value.a == 007', 12, 'no number as JSON writes it'],
    ['value.a == 1x', 12, 'no number as JSON writes it'],
    ['value.a > true', 11, 'equal to something or not'],
    ['value.a contains 1', 18, 'takes a text'],
    ['value.a == -15m', 12, 'only the timestamp'],
    ['timestamp > "2026-11-20"', 13, 'without quotes'],
    ['timestamp > 2026-11-20T06:00', 13, 'say the zone'],
    ['timestamp > 2026-13-20', 13, 'there is no time 2026-13-20'],
    ['offset contains "1"', 8, 'an offset is a number'],
    ['partition exists', 1, 'every record has a partition'],
    ['(key exists', 12, 'the ) of character 1'],
    ['key exists)', 11, 'the end of the filter'],
    ['value. total == 1 2', 19, 'found "2"'],
    ['value[-1] exists', 7, 'an index from 0'],
    ['header.a exists', 7, 'header["name"]'],
    ['key in "a"', 8, 'expected ['],
    ['key in []', 9, 'expected a text'],
    ['kex == 1', 1, 'found "kex"'],
    ['😀', 1, 'means nothing here'],
  ])('%s', (source, character, message) => {
    const read = parseFilter(source);
    expect(read).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST', detail: { character } } });
    expect(read.ok ? '' : read.error.message).toContain(message);
  });

  test('with a caret below the line', () => {
    expect(pointAtCharacter('value.a = 1', 9)).toBe('value.a = 1\n        ^');
    expect(pointAtCharacter('key exists &&\n\tvalue.a = 1', 24)).toBe(' value.a = 1\n         ^');
    expect(pointAtCharacter('key', 4)).toBe('key\n   ^');
  });

  test('beyond its bounds', () => {
    const refusalOf = (source: string) => {
      const read = parseFilter(source);
      return read.ok ? null : read.error.message;
    };
    const nested = (depth: number) => `${'!('.repeat(depth / 2)}key exists${')'.repeat(depth / 2)}`;
    expect(refusalOf(nested(maxFilterDepth))).toBeNull();
    expect(refusalOf(nested(maxFilterDepth + 2))).toContain('deep');
    const many = (count: number) => Array.from({ length: count }, () => 'tombstone').join('||');
    expect(refusalOf(many(maxFilterPredicates))).toBeNull();
    expect(refusalOf(many(maxFilterPredicates + 1))).toContain('conditions');
    expect(refusalOf(`key == "${'a'.repeat(limits.filterCharacters.value)}"`)).toContain('characters');
    expect(refusalOf(`value${'.a'.repeat(limits.jsonDepth.value + 1)} exists`)).toContain('steps');
  });
});

test('the scope of a filter is what all its records have in common', () => {
  const scope = (source: string) => {
    const filter = parseFilter(source);
    if (!filter.ok) throw new Error(filter.error.message);
    return filterScope(filter.value, nowMs);
  };
  const none = { key: null, partition: null, fromTimestampMs: null };
  expect(scope('(key == "a" && partition == 2) && timestamp >= -1h && value.a == 1')).toEqual({
    key: 'a',
    partition: 2,
    fromTimestampMs: nowMs - 3_600_000,
  });
  expect(scope('timestamp > 1700000000000.7')).toEqual({ ...none, fromTimestampMs: 1_700_000_000_000 });
  for (const source of ['key == "a" || value.a == 1', '!(key == "a")', 'key == 1', 'key.a == "a"', 'timestamp < -1h']) {
    expect(scope(source)).toEqual(none);
  }
});

test('numbers compare without rounding', () => {
  const compare = (one: string, other: string) => compareExactNumbers(readExactNumber(one)!, readExactNumber(other)!);
  expect(compare('9007199254740993', '9007199254740992')).toBeGreaterThan(0);
  expect(compare('-9007199254740993', '-9007199254740992')).toBeLessThan(0);
  expect(compare('1.000', '1')).toBe(0);
  expect(compare('-0.0', '0e7')).toBe(0);
  expect(compare('1e400', '2e400')).toBeLessThan(0);
  expect(compare('-1e-400', '0')).toBeLessThan(0);
  expect(compare(`1e${'9'.repeat(400)}`, '1e14')).toBeGreaterThan(0);
  for (const source of ['', '-', '01', '.5', '5.', '1e', '+1', ' 1', 'NaN']) expect(readExactNumber(source)).toBeNull();
});

test('a text is found wherever it begins', () => {
  const isIn = (part: string, whole: string) => new TextSearch(bytes(part)).isIn(bytes(whole));
  expect(isIn('aab', 'aaaab')).toBe(true);
  expect(isIn('abab', 'abaabab')).toBe(true);
  expect(isIn('abac', 'abababac')).toBe(true);
  expect(isIn('abc', 'ababab')).toBe(false);
  expect(isIn('', '')).toBe(true);
  expect(isIn('a', '')).toBe(false);
});

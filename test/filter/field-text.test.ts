import { describe, expect, test } from 'vitest';
import { fieldTextReader, parseField } from '../../src/filter/field-text.ts';
import type { FilterRecord } from '../../src/filter/filter.ts';
import { printField } from '../../src/filter/print-filter.ts';

const bytes = (text: string) => Buffer.from(text);
const record: FilterRecord = {
  partition: 0,
  offset: 7,
  timestampMs: 0,
  key: bytes('user-1'),
  value: bytes('{"id":9223372036854775807,"name":"a\\u00e9","tags":[ 1.50, "x" ],"note":null,"a b":true}'),
  headers: [
    { name: 'trace', value: bytes('first') },
    { name: 'trace', value: bytes('second') },
    { name: 'empty', value: null },
  ],
};

function textOf(source: string, of: FilterRecord = record) {
  const field = parseField(source);
  if (!field.ok) throw new Error(field.error.message);
  return fieldTextReader(field.value)(of);
}

describe('the text of a field', () => {
  test.each([
    ['value.id', '9223372036854775807'],
    ['value.name', 'aé'],
    ['value.tags', '[ 1.50, "x" ]'],
    ['value.tags[0]', '1.50'],
    ['value["a b"]', 'true'],
    ['key', 'user-1'],
    ['header["trace"]', 'first'],
  ])('%s', (source, text) => expect(textOf(source)).toEqual({ kind: 'text', text }));

  test.each([
    ['value.note', 'null'],
    ['header["empty"]', 'null'],
    ['value.nothing', 'absent'],
    ['key.id', 'absent'],
    ['header["none"]', 'absent'],
  ])('%s is %s', (source, kind) => expect(textOf(source)).toEqual({ kind }));

  test('of a tombstone is null, and of what is in it absent', () => {
    const tombstone = { ...record, value: null };
    expect(textOf('value', tombstone)).toEqual({ kind: 'null' });
    expect(textOf('value.id', tombstone)).toEqual({ kind: 'absent' });
  });
});

describe('a field', () => {
  test.each(['offset', 'value == 1', 'value.a exists && value.b', 'tombstone ||', '', '!value.a', 'nothing'])(
    'is not "%s"',
    (source) => expect(parseField(source)).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } }),
  );

  test.each(['value.total', 'value["a b"][0].c', 'key', 'header["x-tenant"]'])('is printed as it was: %s', (source) => {
    const field = parseField(source);
    expect(field.ok && printField(field.value)).toBe(source);
  });
});

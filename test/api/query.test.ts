import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flag, integer, integerOr, oneOf, readQuery, text } from '../../src/api/query.ts';

const shape = {
  offset: integerOr(['earliest', 'latest'], { min: 0, max: 100, absent: 'earliest' }),
  max_bytes: integer({ min: 1, max: 1000, absent: 500 }),
  timestamp: integer({ min: 0, max: Number.MAX_SAFE_INTEGER, absent: undefined }),
  as: oneOf(['auto', 'text'], 'auto'),
  values_only: flag(false),
  prefix: text({ min: 0, max: 5, absent: '' }),
};

const read = (query: string) => readQuery(`http://127.0.0.1/x${query}`, shape);

describe('a query', () => {
  it('gives absent parameters their defaults', () => {
    expect(read('')).toEqual({
      ok: true,
      value: { offset: 'earliest', max_bytes: 500, timestamp: undefined, as: 'auto', values_only: false, prefix: '' },
    });
    expect(read('?')).toEqual(read(''));
  });

  it('reads what is allowed', () => {
    expect(read('?offset=17&max_bytes=1000&timestamp=9007199254740991&as=text&values_only=true&prefix=a%2Fb')).toEqual({
      ok: true,
      value: { offset: 17, max_bytes: 1000, timestamp: 9007199254740991, as: 'text', values_only: true, prefix: 'a/b' },
    });
    expect(read('?offset=latest')).toMatchObject({ value: { offset: 'latest' } });
    expect(read('?offset=-0')).toMatchObject({ value: { offset: 0 } });
  });

  it.each([
    ['?max_bytes=-1', 'max_bytes', '-1', 'an integer from 1 to 1000'],
    ['?max_bytes=0', 'max_bytes', '0', 'an integer from 1 to 1000'],
    ['?max_bytes=1001', 'max_bytes', '1001', 'an integer from 1 to 1000'],
    ['?max_bytes=1.5', 'max_bytes', '1.5', 'an integer from 1 to 1000'],
    ['?max_bytes=1e2', 'max_bytes', '1e2', 'an integer from 1 to 1000'],
    ['?max_bytes=0x10', 'max_bytes', '0x10', 'an integer from 1 to 1000'],
    ['?max_bytes=', 'max_bytes', '', 'an integer from 1 to 1000'],
    ['?max_bytes=%2B5', 'max_bytes', '+5', 'an integer from 1 to 1000'],
    ['?max_bytes=+5', 'max_bytes', ' 5', 'an integer from 1 to 1000'],
    ['?max_bytes=5%00', 'max_bytes', '5\0', 'an integer from 1 to 1000'],
    ['?timestamp=9007199254740993', 'timestamp', '9007199254740993', 'an integer from 0 to 9007199254740991'],
    ['?offset=newest', 'offset', 'newest', 'an integer from 0 to 100, or earliest or latest'],
    ['?as=Text', 'as', 'Text', 'one of auto, text'],
    ['?values_only=1', 'values_only', '1', 'true or false'],
    ['?prefix=abcdef', 'prefix', 'abcdef', 'text of 0 to 5 characters'],
  ])('%s is refused with the parameter, the value and what is allowed', (query, parameter, value, allowed) => {
    expect(read(query)).toEqual({
      ok: false,
      error: {
        code: 'INVALID_REQUEST',
        message: `Query parameter "${parameter}" is "${value}", but must be ${allowed}.`,
        detail: { parameter, value, allowed },
      },
    });
  });

  it('refuses unknown names by name, and says which there are', () => {
    for (const name of ['ofset', '__proto__', 'constructor', 'toString', 'OFFSET']) {
      expect(read(`?${name}=1`)).toMatchObject({
        ok: false,
        error: { code: 'INVALID_REQUEST', detail: { parameter: name } },
      });
    }
    expect(read('?ofset=1')).toMatchObject({
      error: {
        message:
          'There is no query parameter "ofset"; this route takes offset, max_bytes, timestamp, as, values_only, prefix.',
      },
    });
  });

  it('refuses a parameter that is given twice', () => {
    expect(read('?as=auto&as=auto')).toMatchObject({
      ok: false,
      error: { message: 'Query parameter "as" is given more than once.' },
    });
  });

  it('never throws, and what it accepts is within bounds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom(...Object.keys(shape)), (value, name) => {
        const result = read(`?${name}=${encodeURIComponent(value.toWellFormed())}`);
        if (result.ok) {
          expect(result.value.max_bytes).toBeGreaterThanOrEqual(1);
          expect(result.value.max_bytes).toBeLessThanOrEqual(1000);
        } else expect(result.error.detail).toMatchObject({ parameter: name });
      }),
    );
  });
});

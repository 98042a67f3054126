import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dashboardPath, formatLogAddress, parseLogAddress } from '../../src/address/log-address.ts';
import { parsePosition } from '../../src/address/position.ts';

describe('an address', () => {
  test.each([
    ['orders', { topic: 'orders', partition: null, from: null, to: null }, '/topics/orders'],
    ['orders/3', { topic: 'orders', partition: 3, from: null, to: null }, '/topics/orders?partition=3'],
    [
      'v1.orders/3@8123456',
      { topic: 'v1.orders', partition: 3, from: '8123456', to: null },
      '/topics/v1.orders/3/8123456',
    ],
    ['orders@-15m..now', { topic: 'orders', partition: null, from: '-15m', to: 'now' }, '/topics/orders?from=-15m'],
    [
      'orders@2026-11-20T06:00Z..2026-11-20T07:00Z',
      { topic: 'orders', partition: null, from: '2026-11-20T06:00Z', to: '2026-11-20T07:00Z' },
      '/topics/orders?from=2026-11-20T06%3A00Z',
    ],
    [
      'orders/0@@1700000000000',
      { topic: 'orders', partition: 0, from: '@1700000000000', to: null },
      '/topics/orders?partition=0&from=%401700000000000',
    ],
  ])('%s', (text, address, path) => {
    expect(parseLogAddress(text)).toEqual(address);
    expect(formatLogAddress(address)).toBe(text);
    expect(dashboardPath(address)).toBe(path);
  });

  test.each(['', '/3', 'orders/', 'orders/x', 'orders@', 'orders/3@', 'two words', '@5'])('"%s" is none', (text) => {
    expect(parseLogAddress(text)).toBeNull();
  });

  test('comes back as it was written', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/);
    const position = fc.constantFrom('earliest', '0', '12', '-15m', '2026-11-20', '@5');
    const address = fc.record({
      topic: name,
      partition: fc.option(fc.nat({ max: 999_999 }), { nil: null }),
      from: fc.option(position, { nil: null }),
    });
    fc.assert(
      fc.property(address, fc.option(position, { nil: null }), (place, end) => {
        const whole = { ...place, to: place.from === null ? null : end };
        expect(parseLogAddress(formatLogAddress(whole))).toEqual(whole);
      }),
    );
  });
});

test('a position is a word, an offset or a moment', () => {
  const nowMs = Date.parse('2026-11-20T06:41:07Z');
  expect(parsePosition(' latest ', nowMs)).toEqual({ kind: 'latest' });
  expect(parsePosition('8123456', nowMs)).toEqual({ kind: 'offset', offset: 8_123_456 });
  expect(parsePosition('-15m', nowMs)).toEqual({ kind: 'timestamp', timestampMs: nowMs - 900_000 });
  expect(parsePosition('2026-11-20T06:00:00Z', nowMs)).toEqual({ kind: 'timestamp', timestampMs: nowMs - 2_467_000 });
  expect(parsePosition('yesterday', nowMs)).toBeNull();
});

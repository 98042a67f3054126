import { expect, test } from 'vitest';
import { parseMoment } from '../../../src/address/moment.ts';
import { UsageError } from '../../../src/cli/command.ts';
import { parseStartPoint } from '../../../src/cli/input/start-point.ts';
import { encodePosition } from '../../../src/relay/position.ts';

const now = Date.parse('2026-11-20T06:00:00Z');

test.each([
  ['earliest', 'earliest'],
  ['latest', 'latest'],
  ['-30s', { timestamp: now - 30_000 }],
  ['-15m', { timestamp: now - 900_000 }],
  ['-2h', { timestamp: now - 7_200_000 }],
  ['-1d', { timestamp: now - 86_400_000 }],
  ['-999999d', { timestamp: 0 }],
  ['@1700000000000', { timestamp: 1_700_000_000_000 }],
  ['2026-11-20T05:00:00Z', { timestamp: now - 3_600_000 }],
  ['2026-11-20', { timestamp: Date.parse('2026-11-20') }],
  ['8123', { 0: 8123, 2: 8123 }],
])('--from %s', (text, expected) => {
  expect(parseStartPoint(text, [0, 2], now)).toEqual(expected);
});

test('--from with a position hands it on as it is', () => {
  const position = encodePosition('6b1f5f0e-0000-4000-8000-000000000001', [[0, 17]]);
  expect(parseStartPoint(position, [0], now)).toBe(position);
});

test.each(['', 'yesterday', '-15', '-m', '15m', '2026-13-45', '1.5'])('--from %j is refused', (text) => {
  expect(() => parseStartPoint(text, [0], now)).toThrow(UsageError);
});

test.each([
  ['-15m', now - 900_000],
  ['@17', 17],
  ['2026-11-20', Date.parse('2026-11-20')],
  ['2026-13-45', null],
  ['earliest', null],
  ['17', null],
])('%s as a moment', (text, expected) => {
  expect(parseMoment(text, now)).toBe(expected);
});

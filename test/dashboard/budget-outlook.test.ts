import { expect, test } from 'vitest';
import { parseBudgetHeader } from '../../dashboard/src/session/budget-watch.ts';
import { monthEndMs, usedShare, usedUpAtMs } from '../../dashboard/src/usage/budget-outlook.ts';

const part = { unit: 'dollars', bound: 30, spent: 10, forecast: 50 } as const;

test('a bound is used up when the forecast passes it, and not where it does not', () => {
  const nowMs = Date.UTC(2026, 10, 21);
  expect(monthEndMs('2026-11')).toBe(Date.UTC(2026, 11, 1));
  expect(monthEndMs('2026-12')).toBe(Date.UTC(2027, 0, 1));
  // Forty dollars in ten days to come: twenty of them last for five.
  expect(usedUpAtMs(part, '2026-11', nowMs)).toBe(Date.UTC(2026, 10, 26));
  expect(usedUpAtMs({ ...part, bound: 50 }, '2026-11', nowMs)).toBeNull();
  expect(usedUpAtMs({ ...part, bound: 9 }, '2026-11', nowMs)).toBeNull();
  expect(usedUpAtMs({ ...part, bound: null }, '2026-11', nowMs)).toBeNull();
});

test('a bound of nothing is used up, and no bound never', () => {
  expect(usedShare({ ...part, bound: 0, spent: 0 })).toBe(1);
  expect(usedShare({ ...part, bound: null })).toBe(0);
  expect(usedShare(part)).toBeCloseTo(1 / 3);
});

test('the header of an answer says how the budget stands, and anything else says nothing', () => {
  expect(parseBudgetHeader('warned; used=83%')).toEqual({ state: 'warned', usedPercent: 83 });
  expect(parseBudgetHeader('stopped; used=104%')).toEqual({ state: 'stopped', usedPercent: 104 });
  for (const other of [null, '', 'within; used=3%', 'warned', 'warned; used=<b>%']) {
    expect(parseBudgetHeader(other)).toBeNull();
  }
});

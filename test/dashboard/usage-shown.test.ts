import { expect, test } from 'vitest';
import { amountOf, formatMinutes, measureOf, measures } from '../../dashboard/src/usage/measures.ts';
import { usageCsv } from '../../dashboard/src/usage/usage-csv.ts';
import { everyDay } from '../../dashboard/src/usage/usage-days.ts';
import type { Usage, UsageRow } from '../../src/client/index.ts';

const total: Usage['total'] = {
  records_in: 3,
  bytes_in: 300,
  records_out: 1,
  bytes_out: 100,
  requests: 2,
  connection_minutes: 1.5,
  object_requests: 4,
  rows_read: 5,
  rows_written: 6,
  r2_class_a: 0,
  r2_class_b: 0,
  stored_byte_hours: 24,
  r2_byte_hours: 48,
  dollars: 0.0000123,
};

const usageOf = (by: Usage['by'], names: readonly string[]): Usage => ({
  from: '2026-10-30',
  to: '2026-11-02',
  by,
  usage: names.map((name) => ({ name, ...total })),
  next_cursor: null,
  total,
  month: { month: '2026-11', dollars: 1, forecast_dollars: 2 },
  prices_as_of: '2026-11-20',
});

test('days without usage stand between those with some', () => {
  const days = everyDay(usageOf('day', ['2026-10-31', '2026-11-02']));
  expect(days.map(({ name, bytes_in }) => [name, bytes_in])).toEqual([
    ['2026-10-30', 0],
    ['2026-10-31', 300],
    ['2026-11-01', 0],
    ['2026-11-02', 300],
  ]);
});

test('every measure adds up its parts, and an unknown one is the first', () => {
  const row: UsageRow = { name: 'orders', ...total };
  expect(measures.map((measure) => [measure.value, amountOf(measure, row)])).toEqual([
    ['bytes', 400],
    ['dollars', 0.0000123],
    ['records', 4],
    ['requests', 2],
    ['minutes', 1.5],
    ['kept', 3],
  ]);
  expect([0, 0.5, 1.5, 61_000].map(formatMinutes)).toEqual(['0 s', '30 s', '2 min', '61,000 min']);
  expect(measureOf('nonsense')).toBe(measures[0]);
});

test('a table for spreadsheets rounds nothing, quotes what must be, and has no formulas', () => {
  const usage = usageOf('key', ['k1', '=HYPERLINK("x")']);
  const lines = usageCsv(usage, ({ name }) => `a key, ${name}`).split('\r\n');
  expect(lines[0]).toBe(`key,label,${Object.keys(total).join(',')}`);
  expect(lines[1]).toBe(`k1,"a key, k1",${Object.values(total).join(',')}`);
  expect(lines[2]).toMatch(/^"'=HYPERLINK\(""x""\)",/);
  expect(usageCsv(usageOf('topic', []), () => '')).toBe(`topic,${Object.keys(total).join(',')}\r\n`);
});

import { expect, test } from 'vitest';
import { stretchesByDay } from '../../src/log/usage/usage-counts.ts';

const day = 24 * 60 * 60 * 1000;

test('a stretch of time is divided at midnight (UTC), and nothing of it is lost', () => {
  const startMs = Date.UTC(2026, 10, 20, 23);
  expect(stretchesByDay(startMs, startMs + 1_000)).toEqual([{ startMs, ms: 1_000 }]);
  const over = stretchesByDay(startMs, startMs + 2 * day);
  expect(over.map(({ ms }) => ms / (60 * 60 * 1000))).toEqual([1, 24, 23]);
  expect(over[1]?.startMs).toBe(Date.UTC(2026, 10, 21));
  expect(stretchesByDay(startMs, startMs)).toEqual([]);
  expect(stretchesByDay(startMs, startMs - 1)).toEqual([]);
});

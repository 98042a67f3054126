import { expect, test } from 'vitest';
import { Pacer } from '../../../src/cli/input/pacer.ts';

test('lets groups go so that the rate holds, without making up for the first one', () => {
  const pacer = new Pacer(100, 1_000);
  expect(pacer.groupRecordsMax).toBe(10);
  expect(pacer.due(10, 1_000)).toBe(0);
  expect(pacer.due(10, 1_000)).toBe(100);
  expect(pacer.due(10, 1_250)).toBe(0);
  expect(pacer.due(10, 1_250)).toBe(50);
});

test('sends slow rates one record at a time', () => {
  const pacer = new Pacer(2, 0);
  expect(pacer.groupRecordsMax).toBe(1);
  expect([pacer.due(1, 0), pacer.due(1, 0), pacer.due(1, 500)]).toEqual([0, 500, 500]);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, pause } from '../../src/client/backoff.ts';

test('waits grow up to their maximum, with jitter over the upper half', () => {
  const policy = { firstMs: 100, maxMs: 5_000 };
  expect([1, 2, 3, 7, 1_000].map((count) => backoffMs(policy, count, 0))).toEqual([50, 100, 200, 2_500, 2_500]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (count, random) => {
      const waitMs = backoffMs(policy, count, random);
      expect(waitMs).toBeGreaterThanOrEqual(50);
      expect(waitMs).toBeLessThanOrEqual(policy.maxMs);
    }),
  );
});

test('a pause ends with its signal, and does not begin when that is aborted', async () => {
  const abort = new AbortController();
  const paused = pause(3_600_000, abort.signal);
  abort.abort();
  await paused;
  await pause(3_600_000, abort.signal);
});

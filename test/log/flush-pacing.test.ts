import { describe, expect, test } from 'vitest';
import { FlushPacing } from '../../src/log/flush-pacing.ts';

function flush(pacing: FlushPacing, requests: number, times = 1): void {
  for (let n = 0; n < times; n += 1) pacing.onFlush(requests);
}

describe('flush pacing', () => {
  test('requests that gather by themselves are never made to wait', () => {
    const pacing = new FlushPacing();
    for (let n = 0; n < 500; n += 1) {
      pacing.onFlush(2);
      expect(pacing.isGathering).toBe(false);
    }
  });

  test('a run of lonely flushes makes one wait, and company keeps the next ones waiting', () => {
    const pacing = new FlushPacing();
    flush(pacing, 1, 15);
    expect(pacing.isGathering).toBe(false);
    flush(pacing, 1);
    expect(pacing.isGathering).toBe(true);
    flush(pacing, 40);
    expect(pacing.isGathering).toBe(true);
    expect(pacing.expectedRequests).toBe(40);
  });

  test('a client that sends one request at a time is delayed more and more rarely', () => {
    const pacing = new FlushPacing();
    let waits = 0;
    for (let n = 0; n < 10_000; n += 1) {
      if (pacing.isGathering) waits += 1;
      pacing.onFlush(1);
    }
    expect(waits).toBeGreaterThan(0);
    expect(waits).toBeLessThan(20);
  });

  test('now and then a gathering flush waits its full time, to learn that more come', () => {
    const pacing = new FlushPacing();
    flush(pacing, 1, 16);
    const expectations = Array.from({ length: 40 }, () => {
      pacing.onFlush(8);
      return pacing.expectedRequests;
    });
    expect(expectations.filter((expected) => expected === Number.POSITIVE_INFINITY).length).toBe(2);
  });
});

import { describe, expect, it } from 'vitest';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { MemoryCommitPacer } from '../../src/platform/memory/memory-commit-pacer.ts';

describe('MemoryAlarm', () => {
  it('keeps an earlier alarm, and is disarmed by firing', async () => {
    const alarm = new MemoryAlarm();
    expect(alarm.take()).toBeNull();
    await alarm.armBy(20);
    await alarm.armBy(30);
    await alarm.armBy(10);
    expect(alarm.take()).toBe(10);
    expect(alarm.atMs).toBeNull();
  });
});

describe('MemoryCommitPacer', () => {
  it('confirms at once, unless a test holds commits back until it releases them', async () => {
    const pacer = new MemoryCommitPacer();
    await pacer.confirmed();
    pacer.hold();
    const confirmed: number[] = [];
    const waiting = [1, 2].map((id) => pacer.confirmed().then(() => confirmed.push(id)));
    await Promise.resolve();
    expect(confirmed).toEqual([]);
    pacer.release();
    await Promise.all(waiting);
    expect(confirmed).toEqual([1, 2]);
    await pacer.confirmed();
  });
});

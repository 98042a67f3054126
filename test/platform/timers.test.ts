import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import { Timers } from '../../src/platform/timers.ts';

function newTimers() {
  const sql = new NodeSqlStore();
  const alarm = new MemoryAlarm();
  sql.run('CREATE TABLE timers (kind TEXT PRIMARY KEY, due_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID');
  return { sql, alarm, timers: new Timers({ sql, alarm }) };
}

describe('timers', () => {
  it('keep the earliest time they were armed for, and are due from then on', () => {
    const { timers } = newTimers();
    timers.arm('tiering', 500);
    timers.arm('tiering', 700);
    timers.arm('retention', 300);
    expect([timers.dueMs('tiering'), timers.dueMs('retention'), timers.dueMs('other')]).toEqual([500, 300, null]);
    timers.arm('tiering', 200);
    expect(timers.nextMs()).toBe(200);
    expect(timers.due(199)).toEqual([]);
    expect(timers.due(200)).toEqual(['tiering']);
    expect(timers.due(1_000)).toEqual(['tiering', 'retention']);
    timers.cancel('tiering');
    expect(timers.due(1_000)).toEqual(['retention']);
  });

  it('arm the one alarm for the earliest of them, and leave it alone when there is none', async () => {
    const { timers, alarm } = newTimers();
    await timers.armAlarm();
    expect(alarm.atMs).toBeNull();
    timers.arm('a', 500);
    timers.arm('b', 400);
    await timers.armAlarm();
    expect(alarm.atMs).toBe(400);
  });

  it('stay due while their work is under way, so that a crash repeats it', () => {
    const { sql, alarm, timers } = newTimers();
    timers.arm('tiering', 100);
    timers.begin('tiering');
    expect(new Timers({ sql, alarm }).due(100)).toEqual(['tiering']);
    timers.finish('tiering', null);
    expect(timers.due(Number.MAX_SAFE_INTEGER)).toEqual([]);
  });

  it('are not taken back by the end of work that began before they were armed', () => {
    const { timers } = newTimers();
    timers.arm('tiering', 100);
    timers.begin('tiering');
    timers.arm('tiering', 150);
    timers.finish('tiering', null);
    expect(timers.due(150)).toEqual(['tiering']);
    timers.begin('tiering');
    timers.finish('tiering', 900);
    expect(timers.dueMs('tiering')).toBe(900);
  });

  it('never lose a request for work, however arming and working interleave', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('arm' as const), at: fc.nat(100) }),
      fc.record({ do: fc.constant('begin' as const) }),
      fc.record({ do: fc.constant('finish' as const), next: fc.option(fc.nat(100)) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { timers } = newTimers();
        let isWorking = false;
        let wanted: number | null = null;
        for (const each of steps) {
          if (each.do === 'arm') {
            timers.arm('job', each.at);
            wanted = Math.min(wanted ?? each.at, each.at);
          } else if (each.do === 'begin' && !isWorking) {
            timers.begin('job');
            isWorking = true;
            wanted = null;
          } else if (each.do === 'finish' && isWorking) {
            timers.finish('job', each.next);
            isWorking = false;
            if (each.next !== null) wanted = Math.min(wanted ?? each.next, each.next);
          }
          const dueMs = timers.dueMs('job');
          if (wanted !== null) expect(dueMs).toBeLessThanOrEqual(wanted);
        }
      }),
    );
  });
});

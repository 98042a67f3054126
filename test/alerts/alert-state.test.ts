import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/alerts/alert-evaluation.ts';
import { replay } from '../../src/alerts/alert-preview.ts';
import { type AlertCondition, checkCondition } from '../../src/alerts/alert-rule.ts';
import { type AlertState, end, observe } from '../../src/alerts/alert-state.ts';

const minuteMs = 60_000;

const behind: AlertCondition = {
  metric: 'lag',
  target: { type: 'group', name: 'billing', pattern: 'literal' },
  comparison: 'above',
  threshold: 100,
  forMs: 0,
  resolveAfterMs: 0,
};

type Turn = { readonly value: number; readonly isMuted: boolean };

/** What happens to a subject that is measured every minute: [minute, kind, told]. */
function story(condition: AlertCondition, repeatMs: number | null, turns: readonly (number | Turn)[]) {
  let state: AlertState | null = null;
  return turns.flatMap((turn, minute) => {
    const { value, isMuted } = typeof turn === 'number' ? { value: turn, isMuted: false } : turn;
    const observed = observe(condition, { repeatMs, isMuted }, state, value, minute * minuteMs);
    state = observed.next;
    const { change } = observed;
    return change === null ? [] : [[minute, change.kind, change.isTold] as const];
  });
}

describe('an alert', () => {
  test('fires at the first measurement beyond the threshold, and is resolved at the first one that is not', () => {
    expect(story(behind, null, [100, 101, 500, 100, 101])).toEqual([
      [1, 'firing', true],
      [3, 'resolved', true],
      [4, 'firing', true],
    ]);
  });

  test('below a threshold fires for less than it', () => {
    expect(story({ ...behind, comparison: 'below', threshold: 1 }, null, [5, 1, 0, 1])).toEqual([
      [2, 'firing', true],
      [3, 'resolved', true],
    ]);
  });

  test('waits until the condition has held for as long as the rule says, without a break', () => {
    const slow = { ...behind, forMs: 3 * minuteMs };
    expect(story(slow, null, [200, 200, 200, 0, 200, 200, 200, 200])).toEqual([[7, 'firing', true]]);
  });

  test('stays while the value swings around the threshold for less than the time to resolve', () => {
    const calm = { ...behind, resolveAfterMs: 2 * minuteMs };
    expect(story(calm, null, [200, 0, 200, 0, 0, 200, 0, 0, 0])).toEqual([
      [0, 'firing', true],
      [8, 'resolved', true],
    ]);
  });

  test('is told of again after its interval, while it fires', () => {
    expect(story(behind, 2 * minuteMs, [200, 200, 200, 200, 200, 0, 0])).toEqual([
      [0, 'firing', true],
      [2, 'repeated', true],
      [4, 'repeated', true],
      [5, 'resolved', true],
    ]);
  });

  test('that is muted fires without a word, and speaks when that is over; what was told is told to end', () => {
    const muted = (value: number) => ({ value, isMuted: true });
    expect(story(behind, minuteMs, [muted(200), muted(200), 200, 200, muted(200), muted(0)])).toEqual([
      [0, 'firing', false],
      [2, 'firing', true],
      [3, 'repeated', true],
      [5, 'resolved', true],
    ]);
    expect(story(behind, null, [muted(200), muted(0)])).toEqual([
      [0, 'firing', false],
      [1, 'resolved', false],
    ]);
  });
});

const turns = fc.array(fc.record({ value: fc.nat(200), isMuted: fc.boolean() }), { maxLength: 60 });
const minutes = fc.nat(5).map((count) => count * minuteMs);

describe('whatever is measured', () => {
  test('an alert fires only after the condition has held at every measurement for so long', () => {
    fc.assert(
      fc.property(turns, minutes, minutes, (given, forMs, resolveAfterMs) => {
        const told = story({ ...behind, forMs, resolveAfterMs }, null, given);
        for (const [minute, kind] of told) {
          if (kind !== 'firing' || told.some(([at, other]) => at < minute && other !== 'resolved')) continue;
          const before = given.slice(minute - forMs / minuteMs, minute + 1);
          expect(before).toHaveLength(forMs / minuteMs + 1);
          expect(before.every(({ value }) => value > behind.threshold)).toBe(true);
        }
      }),
    );
  });

  test('ends and beginnings take turns, and an end is told exactly when its beginning was', () => {
    fc.assert(
      fc.property(turns, minutes, minutes, fc.option(minutes), (given, forMs, resolveAfterMs, repeatMs) => {
        let open: { isTold: boolean } | null = null;
        for (const [, kind, isTold] of story({ ...behind, forMs, resolveAfterMs }, repeatMs, given)) {
          if (kind === 'resolved') {
            expect(open).not.toBeNull();
            expect(isTold).toBe(open!.isTold);
            open = null;
          } else if (open === null) {
            expect(kind).toBe('firing');
            open = { isTold };
          } else {
            // Told again, or for the first time after it was muted.
            expect(isTold).toBe(true);
            expect(kind).toBe(open.isTold ? 'repeated' : 'firing');
            open = { isTold };
          }
        }
      }),
    );
  });

  test('nobody is told that it fires more often than the interval', () => {
    fc.assert(
      fc.property(turns, fc.integer({ min: 1, max: 5 }), (given, interval) => {
        const told = story(behind, interval * minuteMs, given).filter(([, , isTold]) => isTold);
        for (const [index, [minute, kind]] of told.entries()) {
          const [before, kindBefore] = told[index - 1] ?? [Number.NEGATIVE_INFINITY, 'resolved'];
          if (kind === 'repeated' && kindBefore !== 'resolved')
            expect(minute - before).toBeGreaterThanOrEqual(interval);
        }
      }),
    );
  });

  test('a replay of the past finds what would have fired', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200), { maxLength: 60 }), minutes, (values, forMs) => {
        const condition = { ...behind, forMs };
        const past = values.map((value, minute) => ({ atMs: minute * minuteMs, value }));
        const fired = story(condition, null, values).filter(([, kind]) => kind === 'firing');
        expect(replay(condition, past).map(({ firedAtMs }) => firedAtMs / minuteMs)).toEqual(
          fired.map(([minute]) => minute),
        );
      }),
    );
  });
});

describe('a rule over many groups', () => {
  const rule = {
    condition: { ...behind, target: { type: 'group', name: 'web-', pattern: 'prefixed' } as const },
    repeatMs: null,
    isMuted: false,
  };
  const all = { nowMs: 0, subjectsMax: 3, isGone: () => false };
  const lags = (...given: readonly [string, number][]) => given.map(([subject, value]) => ({ subject, value }));

  test('gives each of its prefix a state of its own, and leaves others alone', () => {
    const { states, changes } = evaluate(rule, new Map(), lags(['web-a', 200], ['web-b', 5], ['billing', 900]), all);
    expect([...states.keys()]).toEqual(['web-a']);
    expect(changes).toMatchObject([{ subject: 'web-a', kind: 'firing' }]);
  });

  test('writes nothing when nothing changes, and leaves alone who was not measured', () => {
    const first = evaluate(rule, new Map(), lags(['web-a', 200]), all);
    const again = evaluate(rule, first.states, lags(['web-a', 300], ['web-b', 5]), { ...all, nowMs: 1 });
    expect(again.states).toBe(first.states);
    expect(evaluate(rule, first.states, [], { ...all, nowMs: 2 }).states).toBe(first.states);
  });

  test('resolves who is gone', () => {
    const { states } = evaluate(rule, new Map(), lags(['web-a', 200], ['web-b', 200]), all);
    const later = evaluate(rule, states, [], { ...all, isGone: (subject) => subject === 'web-a' });
    expect([...later.states.keys()]).toEqual(['web-b']);
    expect(later.changes).toMatchObject([{ subject: 'web-a', kind: 'resolved', isTold: true }]);
  });

  test('follows a bounded number at once, and takes the next when one is fine', () => {
    const many = lags(['web-a', 200], ['web-b', 200], ['web-c', 200], ['web-d', 200]);
    const first = evaluate(rule, new Map(), many, all);
    expect([...first.states.keys()]).toEqual(['web-a', 'web-b', 'web-c']);
    const second = evaluate(rule, first.states, lags(['web-a', 0], ['web-d', 200]), all);
    expect([...second.states.keys()]).toEqual(['web-b', 'web-c', 'web-d']);
  });
});

test('what is pending ends without a word', () => {
  const { next } = observe({ ...behind, forMs: 1 }, { repeatMs: null, isMuted: false }, null, 200, 0);
  expect(next?.state).toBe('pending');
  expect(end(next)).toEqual({ next: null, change: null });
});

test.each([
  [{ metric: 'lag', target: { type: 'topic', name: 'orders', pattern: 'literal' } }, 'is known of a group'],
  [{ metric: 'stored_bytes', target: { type: 'organization' } }, 'is known of a topic or a cluster'],
  [{ threshold: -1 }, 'threshold'],
  [{ threshold: Number.NaN }, 'threshold'],
  [{ forMs: 1e12 }, 'for_ms'],
  [{ resolveAfterMs: 0.5 }, 'resolve_after_ms'],
] as const)('a condition that makes no sense is refused: %j', (change, why) => {
  const checked = checkCondition({ ...behind, ...change });
  expect(checked).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
  expect(checked.ok ? '' : checked.error.message).toContain(why);
});

import { type AlertCondition, isBreached } from './alert-rule.ts';

/**
 * How far a subject has come towards an alert, or back from it; a subject without a state is fine.
 *
 * - `pending`: the condition holds, but not for as long as the rule asks.
 * - `firing`: it has held for that long, and has not been gone for `resolveAfterMs`.
 */
export type AlertState = {
  readonly state: 'pending' | 'firing';
  /** Since when the condition holds. */
  readonly sinceMs: number;
  /** While it fires and the condition does not hold: since when. */
  readonly clearSinceMs: number | null;
  /** When somebody was told last that it fires; null when nobody was. */
  readonly notifiedAtMs: number | null;
  /** What was measured when somebody was told last, or when the state began. */
  readonly value: number;
};

/** A change that the history keeps, or that somebody is told of. */
export type AlertChange = {
  readonly kind: 'firing' | 'repeated' | 'resolved';
  readonly sinceMs: number;
  readonly value: number;
  /** False while the rule is muted, and for an end of what nobody was told of. */
  readonly isTold: boolean;
};

/** What comes of a measurement: the state from now on (null: fine), and what happened. */
export type Observation = { readonly next: AlertState | null; readonly change: AlertChange | null };

/** How an alert is told of, as far as the state machine needs to know it. */
export type AlertTelling = { readonly repeatMs: number | null; readonly isMuted: boolean };

/** One turn of the state machine: ok -> pending -> firing -> ok. */
export function observe(
  condition: AlertCondition,
  { repeatMs, isMuted }: AlertTelling,
  before: AlertState | null,
  value: number,
  nowMs: number,
): Observation {
  if (!isBreached(condition, value)) return observeFine(condition, before, value, nowMs);
  if (before?.state !== 'firing') {
    const sinceMs = before?.sinceMs ?? nowMs;
    if (nowMs - sinceMs < condition.forMs) return { next: before ?? begin('pending', nowMs, value), change: null };
    const notifiedAtMs = isMuted ? null : nowMs;
    const next = { ...begin('firing', sinceMs, value), notifiedAtMs };
    return { next, change: { kind: 'firing', sinceMs, value, isTold: !isMuted } };
  }
  const held = before.clearSinceMs === null ? before : { ...before, clearSinceMs: null };
  if (isMuted || !isDueAgain(held.notifiedAtMs, repeatMs, nowMs)) return { next: held, change: null };
  const { sinceMs, notifiedAtMs } = held;
  // Nobody was told that it began while the rule was muted.
  const kind = notifiedAtMs === null ? 'firing' : 'repeated';
  return { next: { ...held, notifiedAtMs: nowMs, value }, change: { kind, sinceMs, value, isTold: true } };
}

/**
 * A subject that is not there any more, or that the rule does not watch any more: what fires is resolved. What somebody
 * was told of is always told to be over, muted or not, since systems that open an incident would leave it open.
 */
export function end(before: AlertState | null): Observation {
  if (before?.state !== 'firing') return { next: null, change: null };
  const { sinceMs, value, notifiedAtMs } = before;
  return { next: null, change: { kind: 'resolved', sinceMs, value, isTold: notifiedAtMs !== null } };
}

function observeFine(
  { resolveAfterMs }: AlertCondition,
  before: AlertState | null,
  value: number,
  nowMs: number,
): Observation {
  if (before?.state !== 'firing') return { next: null, change: null };
  const clearSinceMs = before.clearSinceMs ?? nowMs;
  if (nowMs - clearSinceMs >= resolveAfterMs) return end({ ...before, value });
  return { next: before.clearSinceMs === null ? { ...before, clearSinceMs } : before, change: null };
}

function begin(state: AlertState['state'], sinceMs: number, value: number): AlertState {
  return { state, sinceMs, clearSinceMs: null, notifiedAtMs: null, value };
}

function isDueAgain(notifiedAtMs: number | null, repeatMs: number | null, nowMs: number): boolean {
  if (notifiedAtMs === null) return true;
  return repeatMs !== null && nowMs - notifiedAtMs >= repeatMs;
}

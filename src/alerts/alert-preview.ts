import type { AlertCondition } from './alert-rule.ts';
import { type AlertState, observe } from './alert-state.ts';

/** What a subject's value was at a time. */
export type PastValue = { readonly atMs: number; readonly value: number };

/** When the alert would have fired, and until when; null: it would fire still. */
export type PastAlert = { readonly firedAtMs: number; readonly resolvedAtMs: number | null; readonly value: number };

/** When a rule would have fired over what was measured of one subject, in the order of time. */
export function replay(condition: AlertCondition, past: readonly PastValue[]): PastAlert[] {
  const telling = { repeatMs: null, isMuted: false };
  const alerts: PastAlert[] = [];
  let state: AlertState | null = null;
  for (const { atMs, value } of past) {
    const observed = observe(condition, telling, state, value, atMs);
    state = observed.next;
    if (observed.change?.kind === 'firing') alerts.push({ firedAtMs: atMs, resolvedAtMs: null, value });
    const last = alerts.at(-1);
    if (observed.change?.kind === 'resolved' && last !== undefined) {
      alerts[alerts.length - 1] = { ...last, resolvedAtMs: atMs };
    }
  }
  return alerts;
}

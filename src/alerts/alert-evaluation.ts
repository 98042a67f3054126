import { type AlertCondition, type AlertSample, watches } from './alert-rule.ts';
import { type AlertChange, type AlertState, type AlertTelling, end, observe } from './alert-state.ts';

/** The states of a rule's subjects that are not fine, by their names. */
export type AlertStates = ReadonlyMap<string, AlertState>;

export type SubjectChange = AlertChange & { readonly subject: string };

/** What a round of measurements makes of a rule. `states` is the very same map when nothing is to be written. */
export type Evaluation = { readonly states: AlertStates; readonly changes: readonly SubjectChange[] };

/**
 * Evaluates a rule over what was measured at one moment. A subject that was not measured stays as it is, unless it is
 * gone. Subjects beyond `subjectsMax` that begin to break the condition are left out until others are fine.
 */
export function evaluate(
  rule: { readonly condition: AlertCondition } & AlertTelling,
  before: AlertStates,
  samples: readonly AlertSample[],
  {
    nowMs,
    subjectsMax,
    isGone,
  }: {
    readonly nowMs: number;
    readonly subjectsMax: number;
    readonly isGone: (subject: string) => boolean;
  },
): Evaluation {
  const { condition } = rule;
  const states = new Map(before);
  const changes: SubjectChange[] = [];
  let isChanged = false;
  const settle = (subject: string, { next, change }: ReturnType<typeof observe>) => {
    isChanged ||= next !== (states.get(subject) ?? null);
    if (next === null) states.delete(subject);
    else states.set(subject, next);
    if (change !== null) changes.push({ subject, ...change });
  };
  for (const [subject, state] of before) {
    if (!watches(condition.target, subject) || isGone(subject)) settle(subject, end(state));
  }
  for (const { subject, value } of samples) {
    if (!watches(condition.target, subject)) continue;
    const state = states.get(subject) ?? null;
    if (state === null && states.size >= subjectsMax) continue;
    settle(subject, observe(condition, rule, state, value, nowMs));
  }
  return { states: isChanged ? states : before, changes };
}

import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';

/** What a rule can look at, in what unit, and of which kinds of things it is known. */
export const alertMetrics = {
  lag: { unit: 'records', targets: ['group'] },
  lag_ms: { unit: 'ms', targets: ['group'] },
  records_in_per_second: { unit: 'records/s', targets: ['topic', 'cluster'] },
  bytes_in_per_second: { unit: 'bytes/s', targets: ['topic', 'cluster'] },
  stored_bytes: { unit: 'bytes', targets: ['topic', 'cluster'] },
  damaged_ranges: { unit: 'ranges', targets: ['topic', 'cluster'] },
  budget_percent: { unit: 'percent', targets: ['organization'] },
} as const satisfies Record<string, { readonly unit: string; readonly targets: readonly AlertTargetType[] }>;

export type AlertMetric = keyof typeof alertMetrics;

export const alertMetricNames = Object.keys(alertMetrics) as readonly AlertMetric[];

export const alertTargetTypes = ['topic', 'group', 'cluster', 'organization'] as const;

export type AlertTargetType = (typeof alertTargetTypes)[number];

/** What a rule watches. Each topic and group of a prefix is a **subject** with a state of its own. */
export type AlertTarget =
  | { readonly type: 'topic' | 'group'; readonly name: string; readonly pattern: 'literal' | 'prefixed' }
  | { readonly type: 'cluster' | 'organization' };

/** When somebody is to be told. Times in ms. */
export type AlertCondition = {
  readonly metric: AlertMetric;
  readonly target: AlertTarget;
  readonly comparison: 'above' | 'below';
  /** In the unit of the metric. */
  readonly threshold: number;
  /** How long it must hold without a break before the alert fires; 0: it fires at the first measurement. */
  readonly forMs: number;
  /** How long it must not hold before the alert is resolved, so that a value around the threshold makes no noise. */
  readonly resolveAfterMs: number;
};

/** A condition, and how it is told of. */
export type AlertSettings = {
  readonly name: string;
  readonly condition: AlertCondition;
  /** While the alert fires it is told of again after so long; null: once. */
  readonly repeatMs: number | null;
  readonly webhookUrl: string;
};

/** One measurement of one subject: a topic, a group, or, with an empty name, the cluster or organization itself. */
export type AlertSample = { readonly subject: string; readonly value: number };

/** The name of the only subject of a rule on the cluster or the organization. */
export const wholeSubject = '';

/** Whether a topic or group of this name is one of the rule's subjects. */
export function watches(target: AlertTarget, name: string): boolean {
  if (!('name' in target)) return name === wholeSubject;
  return target.pattern === 'literal' ? name === target.name : name.startsWith(target.name);
}

/** Whether a value is one that the rule is there for. */
export function isBreached({ comparison, threshold }: AlertCondition, value: number): boolean {
  return comparison === 'above' ? value > threshold : value < threshold;
}

/** INVALID_REQUEST when the metric is not known of what the rule watches, or something is not within its bounds. */
export function checkCondition({ metric, target, threshold, forMs, resolveAfterMs }: AlertCondition): Result<null> {
  const targets: readonly AlertTargetType[] = alertMetrics[metric].targets;
  if (!targets.includes(target.type)) {
    const known = targets.join(' or a ');
    return refused('target', `The metric ${metric} is known of a ${known}, not of a ${target.type}.`);
  }
  if (!Number.isFinite(threshold) || threshold < 0) return refused('threshold', 'threshold is a number, 0 or more.');
  const lasting = checkDuration('for_ms', forMs);
  return lasting.ok ? checkDuration('resolve_after_ms', resolveAfterMs) : lasting;
}

/** As {@link checkCondition}, of everything that is set; the address of the webhook is for who calls it to judge. */
export function checkSettings({ condition, repeatMs, name }: AlertSettings): Result<null> {
  const max = limits.displayNameCharacters.value;
  if (name.trim() === '' || name.length > max || /\p{Cc}/u.test(name)) {
    return refused('name', `name has 1 to ${max} characters and no control characters.`);
  }
  const checked = checkCondition(condition);
  if (!checked.ok || repeatMs === null) return checked;
  if (repeatMs < repeatMsMin) return refused('repeat_ms', `repeat_ms is at least ${repeatMsMin}, or null.`);
  return checkDuration('repeat_ms', repeatMs);
}

/** Nothing is measured more often, so nothing is told of more often. */
const repeatMsMin = 5 * 60_000;

function checkDuration(field: string, ms: number): Result<null> {
  const max = limits.alertDurationMs.value;
  if (Number.isInteger(ms) && ms >= 0 && ms <= max) return ok(null);
  return refused(field, `${field} is a whole number of ms, 0 to ${max}.`);
}

function refused(field: string, message: string): Result<never> {
  return failed('INVALID_REQUEST', message, { field });
}

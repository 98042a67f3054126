import type { Alert, AlertCondition, CreateAlertOptions } from '../../../src/client/index.ts';
import { formatDuration } from '../lib/format.ts';
import { type Metric, metrics, parseAmount, writeAmount } from './alert-metrics.ts';

type Choice = { readonly value: string; readonly label: string };

/** The form of a rule, as it is typed. */
export type AlertForm = {
  readonly name: string;
  readonly metric: Metric;
  /** What is watched. */
  readonly scope: 'topic' | 'topic-prefix' | 'group' | 'group-prefix' | 'cluster' | 'organization';
  readonly subject: string;
  readonly comparison: 'above' | 'below';
  readonly threshold: string;
  readonly forMs: number;
  readonly resolveAfterMs: number;
  readonly repeatMs: number | null;
  readonly webhookUrl: string;
};

export const blankForm: AlertForm = {
  name: '',
  metric: 'lag_ms',
  scope: 'group',
  subject: '',
  comparison: 'above',
  threshold: '10m',
  forMs: 0,
  resolveAfterMs: 0,
  repeatMs: 4 * 3_600_000,
  webhookUrl: '',
};

/** Where a threshold begins when another metric is chosen. */
const firstThresholds: Readonly<Record<Metric, string>> = {
  lag_ms: '10m',
  lag: '1000',
  records_in_per_second: '0.1',
  bytes_in_per_second: '10 MB',
  stored_bytes: '10 GB',
  damaged_ranges: '0',
  budget_percent: '80',
};

const scopeLabels: Readonly<Record<AlertForm['scope'], string>> = {
  group: 'one consumer group',
  'group-prefix': 'consumer groups that begin with',
  topic: 'one topic',
  'topic-prefix': 'topics that begin with',
  cluster: 'the whole cluster',
  organization: 'the organization',
};

export const allScopes = Object.keys(scopeLabels) as readonly AlertForm['scope'][];

/** What a metric is known of. */
export function scopesOf(metric: Metric): Choice[] {
  const { targets } = metrics[metric];
  return allScopes
    .filter((scope) => targets.some((target) => scope === target || scope === `${target}-prefix`))
    .map((scope) => ({ value: scope, label: scopeLabels[scope] }));
}

/** Whether a scope needs a name. A prefix may be empty: it is all of them then. */
export const isNamed = (scope: AlertForm['scope']) => scope !== 'cluster' && scope !== 'organization';

/** Another metric may be known of something else, and has thresholds of its own. */
export function withMetric(form: AlertForm, metric: Metric): AlertForm {
  const scopes = scopesOf(metric).map(({ value }) => value);
  const scope = scopes.includes(form.scope) ? form.scope : (scopes[0] as AlertForm['scope']);
  const comparison = metric === 'records_in_per_second' ? 'below' : 'above';
  return { ...form, metric, scope, comparison, threshold: firstThresholds[metric] };
}

/** The condition that the form says; null while it says none. */
export function conditionOf({
  metric,
  scope,
  subject,
  comparison,
  threshold,
  ...form
}: AlertForm): AlertCondition | null {
  const amount = parseAmount(metric, threshold);
  if (amount === null || (!scope.endsWith('-prefix') && isNamed(scope) && subject.trim() === '')) return null;
  return {
    metric,
    target: targetOf(scope, subject.trim()),
    comparison,
    threshold: amount,
    for_ms: form.forMs,
    resolve_after_ms: form.resolveAfterMs,
  };
}

/** Everything that the form says; null while something is missing. */
export function settingsOf(form: AlertForm): CreateAlertOptions | null {
  const condition = conditionOf(form);
  if (condition === null || form.name.trim() === '' || form.webhookUrl.trim() === '') return null;
  return { name: form.name.trim(), ...condition, repeat_ms: form.repeatMs, webhook_url: form.webhookUrl.trim() };
}

export function formOf(alert: Alert): AlertForm {
  const { target } = alert;
  const isPrefix = 'pattern' in target && target.pattern === 'prefixed';
  return {
    name: alert.name,
    metric: alert.metric,
    scope: isPrefix ? `${target.type}-prefix` : target.type,
    subject: 'name' in target ? target.name : '',
    comparison: alert.comparison,
    threshold: writeAmount(alert.metric, alert.threshold),
    forMs: alert.for_ms,
    resolveAfterMs: alert.resolve_after_ms,
    repeatMs: alert.repeat_ms,
    webhookUrl: alert.webhook_url ?? '',
  };
}

function targetOf(scope: AlertForm['scope'], name: string): AlertCondition['target'] {
  if (scope === 'cluster' || scope === 'organization') return { type: scope };
  const isPrefix = scope === 'topic-prefix' || scope === 'group-prefix';
  return { type: scope.startsWith('topic') ? 'topic' : 'group', name, pattern: isPrefix ? 'prefixed' : 'literal' };
}

/** Choices of a time, with the one that is set, should it be another. */
export function durationChoices(minutes: readonly number[], none: string, current: number | null): Choice[] {
  const known = new Set(minutes.map((count) => count * 60_000));
  if (current !== null && current > 0) known.add(current);
  const times = [...known].toSorted((one, other) => one - other);
  return [{ value: '0', label: none }, ...times.map((ms) => ({ value: String(ms), label: formatDuration(ms) }))];
}

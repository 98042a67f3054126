import { describe, expect, test } from 'vitest';
import {
  blankForm,
  conditionOf,
  durationChoices,
  formOf,
  scopesOf,
  settingsOf,
  withMetric,
} from '../../dashboard/src/alerts/alert-form.ts';
import { amountText, metricNames, parseAmount, writeAmount } from '../../dashboard/src/alerts/alert-metrics.ts';
import { alertMetricNames, alertMetrics } from '../../src/alerts/alert-rule.ts';
import type { Alert } from '../../src/client/index.ts';

const full = { ...blankForm, name: ' Behind ', subject: 'billing', webhookUrl: 'https://hooks.example.com/' };

describe('the form of an alert', () => {
  test('offers every metric, of what it is known of', () => {
    expect(metricNames.toSorted()).toEqual(alertMetricNames.toSorted());
    for (const metric of metricNames) {
      const offered = new Set(scopesOf(metric).map(({ value }) => value.replace('-prefix', '')));
      expect([...offered].toSorted()).toEqual([...alertMetrics[metric].targets].toSorted());
    }
  });

  test('says a rule when nothing is missing', () => {
    expect(settingsOf(full)).toEqual({
      ...{ name: 'Behind', metric: 'lag_ms', comparison: 'above', threshold: 600_000 },
      target: { type: 'group', name: 'billing', pattern: 'literal' },
      ...{ for_ms: 0, resolve_after_ms: 0, repeat_ms: 14_400_000, webhook_url: 'https://hooks.example.com/' },
    });
    for (const missing of [{ name: ' ' }, { subject: '' }, { threshold: 'many' }, { webhookUrl: '' }]) {
      expect(settingsOf({ ...full, ...missing })).toBeNull();
    }
    // All topics, and a preview before anything has a name.
    expect(conditionOf({ ...withMetric(blankForm, 'stored_bytes'), scope: 'topic-prefix' })).toMatchObject({
      target: { type: 'topic', name: '', pattern: 'prefixed' },
    });
  });

  test('shows a rule as it is, and says the same again', () => {
    const settings = settingsOf({ ...full, scope: 'group-prefix', threshold: '90s', repeatMs: null });
    const form = formOf(settings as unknown as Alert);
    expect(form).toMatchObject({ scope: 'group-prefix', subject: 'billing', threshold: '90s', repeatMs: null });
    expect(settingsOf(form)).toEqual(settings);
  });

  test('has a time that was set elsewhere among its choices', () => {
    expect(durationChoices([5], 'at once', 90_000).map(({ label }) => label)).toEqual(['at once', '1 m 30 s', '5 m']);
  });
});

test.each([
  ['lag', '1000', 1_000, '1000'],
  ['lag_ms', '10m', 600_000, '10m'],
  ['lag_ms', '90 s', 90_000, '90s'],
  ['stored_bytes', '1.5 GB', 1_500_000_000, '1500 MB'],
  ['bytes_in_per_second', '10MB', 10_000_000, '10 MB'],
  ['records_in_per_second', '0.1', 0.1, '0.1'],
  ['stored_bytes', '0', 0, '0'],
  ['budget_percent', '80', 80, '80'],
] as const)('a threshold of %s is read from %j and written back', (metric, text, value, written) => {
  expect(parseAmount(metric, text)).toBe(value);
  expect(writeAmount(metric, value)).toBe(written);
  expect(parseAmount(metric, written)).toBe(value);
});

test.each([
  ['lag', '10m'],
  ['lag_ms', '10'],
  ['lag', '-1'],
  ['stored_bytes', '3 lots'],
  ['lag', ''],
] as const)('a threshold of %s is not %j', (metric, text) => expect(parseAmount(metric, text)).toBeNull());

test('values are shown with their unit', () => {
  expect(amountText('lag', 1_234)).toBe('1,234 records');
  expect(amountText('records_in_per_second', 0.1234)).toBe('0.123 records/s');
  expect(amountText('budget_percent', 83)).toBe('83%');
  expect(amountText('lag_ms', 600_000)).toBe('10 m');
});

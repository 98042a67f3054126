import type { Limit } from './limit.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Bounds of alerts, and of what is kept of them. */
export const alertLimits = {
  alertsPerCluster: {
    value: 100,
    unit: 'entries',
    error: 'LIMIT_REACHED',
    reason: 'All of them are evaluated with each measurement, in one object.',
  },
  subjectsPerAlert: {
    value: 100,
    unit: 'entries',
    error: null,
    reason:
      'So many topics or groups of a prefix fire at once; each is a row and a message, and more are one incident.',
  },
  alertDurationMs: {
    value: 7 * dayMs,
    unit: 'ms',
    error: 'INVALID_REQUEST',
    reason: 'What may last longer before somebody is told is no alert.',
  },
  alertEventsKept: {
    value: 100,
    unit: 'entries',
    error: null,
    reason: 'What an alert did before is looked at, not gone through.',
  },
  webhookDeliveriesKept: {
    value: 100,
    unit: 'entries',
    error: null,
    reason: 'Of an alert. A receiver that is gone for hours is not sent more of the past than that.',
  },
} as const satisfies Record<string, Limit>;

import type { Limit } from './limit.ts';

/** Bounds of what a reader of the history is shown at once. */
export const historyLimits = {
  historyPoints: {
    value: 1_500,
    unit: 'entries',
    error: 'INVALID_REQUEST',
    reason: 'A day in minutes, or 400 days in days, with room: no chart shows more, and a wider step covers any time.',
  },
  activityEntries: {
    value: 20,
    max: 1_000,
    unit: 'entries',
    error: 'INVALID_REQUEST',
    reason: 'The busiest topics and the groups furthest behind are looked at, not gone through.',
  },
} as const satisfies Record<string, Limit>;

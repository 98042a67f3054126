import type { Limit } from './limit.ts';

/** Bounds of quotas, and of what is kept of usage. */
export const usageLimits = {
  quotasPerOrganization: {
    value: 100,
    unit: 'entries',
    error: 'LIMIT_REACHED',
    reason: 'What an edge remembers of a key holds the quotas of all topics of its cluster.',
  },
  usageDays: {
    value: 400,
    unit: 'entries',
    error: null,
    reason: 'A year can be compared with the one before; older days go.',
  },
  usageRowsPerDay: {
    value: 2_000,
    unit: 'entries',
    error: null,
    reason: 'A topic and key that are used on a day are a row of one object; the least of more than that are added up.',
  },
  usageRowsPerPage: {
    value: 500,
    max: 5_000,
    unit: 'entries',
    error: 'INVALID_REQUEST',
    reason: 'A page of usage is one answer of one object.',
  },
} as const satisfies Record<string, Limit>;

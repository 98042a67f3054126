import type { Limit } from './limit.ts';

/** Bounds of members and of who vouches for them. */
export const peopleLimits = {
  membersPerOrganization: {
    value: 1_000,
    unit: 'entries',
    error: 'LIMIT_REACHED',
    reason: 'All members and invitations of an organization are rows of one object, listed in one answer.',
  },
  issuersPerOrganization: {
    value: 10,
    unit: 'entries',
    error: 'LIMIT_REACHED',
    reason: 'An organization has one place or two where its people sign in; each is called for its keys.',
  },
} as const satisfies Record<string, Limit>;

import type { Limit } from './limit.ts';

/** Bounds of members, of who vouches for them, and of who founds organizations without the operator. */
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
  invitationLifetimeMs: {
    value: 7 * 24 * 60 * 60 * 1000,
    max: 30 * 24 * 60 * 60 * 1000,
    unit: 'ms',
    error: 'INVALID_REQUEST',
    reason: 'Used invitations are remembered for as long as one is good.',
  },
  signupsPerAddressAndDay: {
    value: 3,
    unit: 'entries',
    error: 'THROTTLING_QUOTA_EXCEEDED',
    reason: 'With open sign-up: enough for a person who tries again, too little for a program.',
  },
  signupsPerDay: {
    value: 100,
    unit: 'entries',
    error: 'THROTTLING_QUOTA_EXCEEDED',
    reason: 'With open sign-up, from all addresses together: what strangers may make the operator pay for is bounded.',
  },
} as const satisfies Record<string, Limit>;

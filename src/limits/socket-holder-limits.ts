import type { Limit } from './limit.ts';

/** Bounds of who is told when rights are taken. */
export const socketHolderLimits = {
  socketHoldersPerOrganization: {
    value: 2_000,
    unit: 'entries',
    error: null,
    reason:
      'Objects with sockets that are told at once when rights are taken, one after the other in seconds; those beyond ask by themselves every few seconds.',
  },
} as const satisfies Record<string, Limit>;

import type { Limit } from './limit.ts';

/** Bounds of a cluster that nothing else has. */
export const capLimits = {
  partitionsPerCluster: {
    value: 100_000,
    unit: 'partitions',
    error: 'LIMIT_REACHED',
    reason: 'The cluster has a row of every partition in use, and looks through them now and then.',
  },
  connectionsPerOrganization: {
    value: 100_000,
    unit: 'connections',
    error: 'INVALID_REQUEST',
    reason: 'No cap on connections is higher: the object of the organization counts them in its memory.',
  },
  storageBytesPerOrganization: {
    value: 1_000_000_000_000_000,
    unit: 'bytes',
    error: 'INVALID_REQUEST',
    reason: 'No cap on storage is higher: a petabyte is more than there is any use for as a bound.',
  },
} as const satisfies Record<string, Limit>;

import type { Limit } from './limit.ts';

/** Bounds of a cluster that nothing else has. */
export const capLimits = {
  partitionsPerCluster: {
    value: 100_000,
    unit: 'partitions',
    error: 'LIMIT_REACHED',
    reason: 'The cluster has a row of every partition in use, and looks through them now and then.',
  },
} as const satisfies Record<string, Limit>;

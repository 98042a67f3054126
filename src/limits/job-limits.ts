import type { Limit } from './limit.ts';

/** Bounds of jobs, which copy records in the background. */
export const jobLimits = {
  jobsPerCluster: {
    value: 100,
    unit: 'entries',
    error: null,
    reason: 'They are rows of one object, listed in one answer; of those that are over, the oldest are forgotten.',
  },
  runningJobsPerCluster: {
    value: 10,
    unit: 'entries',
    error: 'LIMIT_REACHED',
    reason: 'One object runs the jobs of a cluster, a step of each at a time.',
  },
  jobStepRecords: {
    value: 2_000,
    unit: 'records',
    error: null,
    reason: 'Between two steps a job notices that it was cancelled, and that it may do no more.',
  },
  jobStepBytes: {
    value: 1024 * 1024,
    unit: 'bytes',
    error: null,
    reason: 'What a step writes is stored before it is sent, as rows, which have 2 MB at most.',
  },
  redrivenLettersPerCluster: {
    value: 10_000,
    unit: 'entries',
    error: 'LIMIT_REACHED',
    reason: 'Letters that went back one by one are remembered, so that a redrive of all does not send them again.',
  },
} as const satisfies Record<string, Limit>;

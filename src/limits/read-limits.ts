import type { Limit } from './limit.ts';

const mib = 1024 * 1024;

/** Bounds of reads, of filters, and of the searches that use them. */
export const readLimits = {
  readWaitMs: {
    value: 0,
    max: 30_000,
    unit: 'ms',
    error: 'INVALID_REQUEST',
    reason: 'A longer wait is ended by proxies on the way before the platform can answer it.',
  },
  readBytes: {
    value: 1 * mib,
    max: 8 * mib,
    unit: 'bytes',
    error: 'INVALID_REQUEST',
    reason: 'An answer is built in memory; reading on from next_offset is as fast as a larger answer.',
  },
  readRecords: {
    value: 10_000,
    max: 100_000,
    unit: 'records',
    error: 'INVALID_REQUEST',
    reason: 'JSON of many small records takes several times the bytes they are stored in.',
  },
  filterCharacters: {
    value: 2_048,
    unit: 'characters',
    error: 'INVALID_REQUEST',
    reason: 'A filter stands in the address of a search, and proxies refuse much longer ones.',
  },
  searchRecords: {
    value: 100,
    max: 1_000,
    unit: 'records',
    error: 'INVALID_REQUEST',
    reason: 'Who searches looks at what was found; the cursor goes on behind it.',
  },
  searchedRecords: {
    value: 100_000,
    unit: 'records',
    error: null,
    reason: 'Trying a filter takes about a microsecond a record, and a request must not keep an isolate busy for long.',
  },
  searchedBytes: {
    value: 8 * mib,
    unit: 'bytes',
    error: null,
    reason: 'What a request searches is read into memory piece by piece, and a person waits for the answer.',
  },
  searchReads: {
    value: 32,
    unit: 'requests',
    error: null,
    reason: 'Each partition is read at least once, and a request may call only so many objects.',
  },
  timelinePartitions: {
    value: 16,
    unit: 'partitions',
    error: null,
    reason: 'Each is asked by itself; of a topic with more, some at even distances stand for all.',
  },
  timelinePoints: {
    value: 512,
    unit: 'entries',
    error: null,
    reason: 'Each takes two rows of an index, and a screen has no room for more.',
  },
} as const satisfies Record<string, Limit>;

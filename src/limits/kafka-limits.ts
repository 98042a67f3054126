import type { Limit } from './limit.ts';

const mib = 1024 * 1024;

/** The bounds of the Kafka door, as part of {@link limits}. */
export const kafkaLimits = {
  kafkaRequestBytes: {
    value: 32 * mib,
    unit: 'bytes',
    error: null,
    reason:
      'A request of the Kafka door is held in memory whole; a longer one, as any that cannot be read, ends the connection.',
  },
  kafkaSignInBytes: {
    value: 16 * 1024,
    unit: 'bytes',
    error: null,
    reason:
      'Before a client of a closed platform has said who it is, its requests are no longer than credentials are; a longer one ends the connection.',
  },
  kafkaSignInMs: {
    value: 30_000,
    unit: 'ms',
    error: null,
    reason: 'A connection to a closed platform that has not said by then who it is for ends, and its memory is free.',
  },
  kafkaFetchBytes: {
    value: 8 * mib,
    unit: 'bytes',
    error: null,
    reason: 'An answer to a fetch is built in memory; it ends here, after whole batches, and the next fetch goes on.',
  },
  kafkaWaitMs: {
    value: 30_000,
    unit: 'ms',
    error: null,
    reason: 'A fetch that would wait longer for new records is answered empty by then, as a broker may do any time.',
  },
  kafkaIdleMs: {
    value: 600_000,
    unit: 'ms',
    error: null,
    reason: "Kafka's default of connections.max.idle.ms: what a vanished client left is not kept for ever.",
  },
  kafkaShareSessions: {
    value: 64,
    unit: 'entries',
    error: 'SHARE_SESSION_LIMIT_REACHED',
    reason: 'A client has a share session a member, and what each holds is kept in memory until it is decided.',
  },
} as const satisfies Record<string, Limit>;

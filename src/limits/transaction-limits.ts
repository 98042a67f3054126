import type { Limit } from './limit.ts';

/** Bounds of transactions and their producers. */
export const transactionLimits = {
  transactionalIdCharacters: {
    value: 255,
    unit: 'characters',
    error: 'INVALID_REQUEST',
    reason: 'As long as a group id may be; names longer than that are no names.',
  },
  transactionalIdsPerCluster: {
    value: 10_000,
    unit: 'producers',
    error: 'LIMIT_REACHED',
    reason: 'The cluster object keeps their list.',
  },
  transactionalIdsPerPage: {
    value: 20,
    max: 100,
    unit: 'entries',
    error: 'INVALID_REQUEST',
    reason: 'Each is asked for by a call of its own, some at a time.',
  },
  transactionTimeoutMs: {
    value: 60_000,
    max: 900_000,
    unit: 'ms',
    error: 'INVALID_TRANSACTION_TIMEOUT',
    reason:
      "Kafka's defaults of transaction.timeout.ms and transaction.max.timeout.ms: an open transaction holds up committed readers.",
  },
  participantsPerTransaction: {
    value: 2_000,
    unit: 'partitions',
    error: 'LIMIT_REACHED',
    reason: 'Each is told of the outcome, and all of them are in one row of the coordinator.',
  },
  transactionalIdExpirationMs: {
    value: 604_800_000,
    unit: 'ms',
    error: 'TRANSACTIONAL_ID_NOT_FOUND',
    reason: "Kafka's default of transactional.id.expiration.ms: what no producer has used for a week is forgotten.",
  },
} as const satisfies Record<string, Limit>;

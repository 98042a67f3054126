import type { Failure } from '../../../src/errors/result.ts';

/** Failures after which the records may be stored all the same. */
export const isUnknownOutcome = (failure: Failure | { code: string }): boolean =>
  failure.code === 'UNKNOWN_OUTCOME' || failure.code === 'UNKNOWN_SERVER_ERROR';

/** Failures that mean "not now": nothing was stored, and the same request may be sent again. */
export const isTemporary = (failure: Failure | { code: string }): boolean =>
  ['OVERLOADED', 'GRANT_REQUIRED', 'LOG_UNVERIFIED'].includes(failure.code);

/** The topic is not there, or is just being deleted. */
export const isTopicGone = (failure: Failure | { code: string }): boolean =>
  ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'WRONG_OBJECT'].includes(failure.code);

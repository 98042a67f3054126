import { errorTable } from '../errors/error-codes.ts';
import type { Failure } from '../errors/result.ts';

/** The code of an answer in which nothing went wrong. */
export const noError = 0;

/** Kafka's number of a failure, as answers carry it. */
export function wireErrorOf(failure: Failure): number {
  return errorTable[failure.code].number;
}

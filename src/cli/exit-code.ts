import type { MillraceError } from '../client/index.ts';

/** Exit codes of every command: a script can tell what to do from them. */
export const exitCode = { ok: 0, failed: 1, usage: 2, notFound: 3, denied: 4, throttled: 5 } as const;

const codesOf: Readonly<Record<string, number>> = {
  UNKNOWN_TOPIC_OR_PARTITION: exitCode.notFound,
  UNKNOWN_TOPIC_ID: exitCode.notFound,
  GROUP_ID_NOT_FOUND: exitCode.notFound,
  UNKNOWN_RESOURCE: exitCode.notFound,
  ROUTE_NOT_FOUND: exitCode.notFound,
  ORIGIN_REFUSED: exitCode.denied,
  SIGNUP_REFUSED: exitCode.denied,
  THROTTLING_QUOTA_EXCEEDED: exitCode.throttled,
  LIMIT_REACHED: exitCode.throttled,
  BUDGET_EXCEEDED: exitCode.throttled,
  STORAGE_QUOTA_EXCEEDED: exitCode.throttled,
  OVERLOADED: exitCode.throttled,
};

const statuses: Readonly<Record<number, number>> = {
  401: exitCode.denied,
  403: exitCode.denied,
  429: exitCode.throttled,
};

export function exitCodeOf(error: MillraceError): number {
  return codesOf[error.code] ?? statuses[error.status ?? 0] ?? exitCode.failed;
}

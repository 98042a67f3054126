import { errorTable } from '../errors/error-codes.ts';
import { type Failure, FailureError } from '../errors/result.ts';
import { metrics } from './metrics.ts';
import { dataHeaders } from './security-headers.ts';

/** An error as RFC 9457 says it. `code` is what programs compare; `context` carries the failure's own facts. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly retriable: boolean;
  readonly context?: Failure['detail'];
};

/** How a caller may say who it is (RFC 9110 11.6.1): an API key or token as Bearer, a key's id and secret as Basic. */
export const bearerChallenge = 'Bearer realm="millrace"';
export const challenge = {
  'www-authenticate': `${bearerChallenge}, Basic realm="millrace", charset="UTF-8"`,
} as const;

/** What a caller is told to wait when the failure does not say how long: the shortest time the header can express. */
const defaultRetryAfterS = 1;

/** The only place that turns a failure into what HTTP clients see. */
export function toProblem(failure: Failure): Problem {
  const { status, retriable } = errorTable[failure.code];
  return {
    type: `/docs/errors#${failure.code}`,
    title: titleOf(failure.code),
    status,
    detail: failure.message,
    code: failure.code,
    retriable,
    ...(failure.detail === undefined ? {} : { context: failure.detail }),
  };
}

/** Answers with a failure. `headers` are added, e.g. `Allow` or `Accept`. */
export function problemAnswer(failure: Failure, headers?: Readonly<Record<string, string>>): Response {
  if (failure.code === 'KAFKA_STORAGE_ERROR') metrics.count('millrace_storage_errors_total', {});
  const problem = toProblem(failure);
  const retryAfter = retryAfterSeconds(failure, problem.status);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...dataHeaders,
      ...(problem.status === 401 ? challenge : {}),
      ...(retryAfter === null ? {} : { 'retry-after': String(retryAfter) }),
      ...headers,
    },
  });
}

/** Where something was thrown. */
type RouteName = { readonly method: string; readonly route: string };

/** Answers for something thrown. */
export function thrownAnswer(thrown: unknown, where: RouteName): Response {
  return problemAnswer(thrownFailure(thrown, where));
}

/**
 * What is said of something thrown: a carried failure as itself, anything else as a bug. Of a bug the caller learns
 * only an incident id; what happened stands in the log under the same id.
 */
export function thrownFailure(thrown: unknown, where: RouteName): Failure {
  if (thrown instanceof FailureError) return thrown.failure;
  const incident = crypto.randomUUID();
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  console.error(
    JSON.stringify({
      level: 'error',
      incident,
      ...where,
      error: error.name,
      message: error.message,
      stack: error.stack,
    }),
  );
  return {
    code: 'UNKNOWN_SERVER_ERROR',
    message: `The platform failed to answer this request. Its log has the cause under incident ${incident}.`,
    detail: { incident },
  };
}

function retryAfterSeconds(failure: Failure, status: number): number | null {
  if (status !== 429 && status !== 503) return null;
  const waitMs = failure.detail?.retry_after_ms;
  return typeof waitMs === 'number' ? Math.max(1, Math.ceil(waitMs / 1000)) : defaultRetryAfterS;
}

/** `OFFSET_OUT_OF_RANGE` reads `Offset out of range`: the title of a problem type never changes with the occurrence. */
function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

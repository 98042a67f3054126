import { type ErrorCode, errorTable } from '../errors/error-codes.ts';
import type { FailureDetail } from '../errors/result.ts';

/**
 * What {@link MillraceError.code} can be: the platform's codes (see `/docs/errors`), a newer platform's that this
 * client does not know yet, and two of the client's own: `NETWORK_EXCEPTION` (Kafka's name for a connection that
 * failed) and `CLIENT_CLOSED` (the producer or consumer was closed).
 */
export type MillraceErrorCode = ErrorCode | 'NETWORK_EXCEPTION' | 'CLIENT_CLOSED' | (string & {});

export type MillraceErrorInit = {
  readonly code: MillraceErrorCode;
  readonly message: string;
  /** The HTTP status of the answer; by default the one that the code has in the platform's table. */
  readonly status?: number | null;
  /** Whether the same call may succeed later; by default what the platform's table says. */
  readonly retriable?: boolean;
  /** Facts a program can act on: the valid offset range, the line and column, ... */
  readonly detail?: FailureDetail;
  /** How long the platform asks to wait before a retry. */
  readonly retryAfterMs?: number | null;
  readonly cause?: unknown;
};

/** Every failure of this client. `code` is what programs compare; `message` says what was wrong and what to do. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: MillraceErrorCode;
  /** The HTTP status, or null when no HTTP answer is behind the error. */
  readonly status: number | null;
  readonly retriable: boolean;
  readonly detail: FailureDetail;
  /** For a bug of the platform: under this id its log has the cause. */
  readonly incident: string | null;
  readonly retryAfterMs: number | null;

  constructor(init: MillraceErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    const known = knownError(init.code);
    this.code = init.code;
    this.status = init.status === undefined ? (known?.status ?? null) : init.status;
    this.retriable = init.retriable ?? known?.retriable ?? init.code === 'NETWORK_EXCEPTION';
    this.detail = init.detail ?? {};
    this.incident = typeof this.detail.incident === 'string' ? this.detail.incident : null;
    const asked = Number(this.detail.retry_after_ms);
    // Over HTTP a header says it, on a socket the detail.
    this.retryAfterMs = init.retryAfterMs ?? (asked > 0 ? asked : null);
  }
}

/** The connection failed before an answer came: nothing is known about what the platform did. */
export function networkError(what: string, cause?: unknown): MillraceError {
  const reason = cause === undefined ? '' : `: ${reasonOf(cause)}`;
  return new MillraceError({ code: 'NETWORK_EXCEPTION', message: `${what}${reason}`, cause });
}

export function closedError(what: string): MillraceError {
  return new MillraceError({ code: 'CLIENT_CLOSED', message: `${what} is closed` });
}

/**
 * Codes after which waiting and asking again is what the client itself does. It is not `retriable`: Kafka calls
 * OFFSET_OUT_OF_RANGE and UNKNOWN_TOPIC_OR_PARTITION retriable, but here no wait mends them.
 */
const transientCodes: ReadonlySet<MillraceErrorCode> = new Set<MillraceErrorCode>([
  'NETWORK_EXCEPTION',
  'UNKNOWN_SERVER_ERROR',
  'REQUEST_TIMED_OUT',
  'KAFKA_STORAGE_ERROR',
  'THROTTLING_QUOTA_EXCEEDED',
  'LIMIT_REACHED',
  'OVERLOADED',
  'UNKNOWN_OUTCOME',
  'CONCURRENT_TRANSACTIONS',
  'GRANT_REQUIRED',
  'LOG_UNVERIFIED',
]);

export function isTransient(error: MillraceError): boolean {
  return transientCodes.has(error.code);
}

/** Codes that say for certain that nothing was stored although the call may be repeated. */
const refusedUnstoredCodes: ReadonlySet<MillraceErrorCode> = new Set<MillraceErrorCode>([
  'THROTTLING_QUOTA_EXCEEDED',
  'LIMIT_REACHED',
  'OVERLOADED',
  'GRANT_REQUIRED',
  'LOG_UNVERIFIED',
]);

/** True when the platform refused before storing: repeating the call cannot store anything twice. */
export function isRefusedUnstored(error: MillraceError): boolean {
  return refusedUnstoredCodes.has(error.code);
}

function knownError(code: string): { readonly status: number; readonly retriable: boolean } | undefined {
  return Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode] : undefined;
}

/** Undici says `fetch failed` and hides the reason one or two causes down; the innermost message is the useful one. */
function reasonOf(cause: unknown): string {
  let current = cause;
  for (let depth = 0; depth < causeDepthMax; depth++) {
    if (!(current instanceof Error) || current.cause === undefined) break;
    current = current.cause;
  }
  if (!(current instanceof Error)) return String(current);
  const code = (current as { code?: unknown }).code;
  if (current.message !== '') return current.message;
  return typeof code === 'string' ? code : current.name;
}

/** Errors could form a ring of causes. */
const causeDepthMax = 8;

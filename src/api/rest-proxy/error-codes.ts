import { type ErrorCode, errorTable } from '../../errors/error-codes.ts';
import type { Failure } from '../../errors/result.ts';

export type RestVersion = 'v2' | 'v3';

/** What a client of the REST Proxy sees of a failure. */
export type RestError = { readonly status: number; readonly body: RestErrorBody };

export type RestErrorBody = { readonly error_code: number; readonly message: string };

/** Codes that have the same meaning in both versions (rest-utils: KafkaExceptionMapper). */
const kafkaBadRequest = 40_002;
const kafkaError = 50_002;
const retriableKafkaError = 50_003;

const same = (code: number) => ({ v2: code, v3: code });

/**
 * Our codes as those of the REST Proxy's two versions. What is not here is a request that Kafka would refuse, or a
 * Kafka error, retriable or not, by its row of the error table.
 */
const codes: Readonly<Partial<Record<ErrorCode, { readonly v2: number; readonly v3: number }>>> = {
  UNKNOWN_TOPIC_OR_PARTITION: { v2: 40_401, v3: 40_403 },
  UNKNOWN_TOPIC_ID: { v2: 40_401, v3: 40_403 },
  INVALID_REQUEST: { v2: 422, v3: kafkaBadRequest },
  MALFORMED_JSON: { v2: 422, v3: 400 },
  MALFORMED_UTF8: { v2: 422, v3: 400 },
  ROUTE_NOT_FOUND: same(404),
  METHOD_NOT_ALLOWED: same(405),
  NOT_ACCEPTABLE: same(406),
  UNSUPPORTED_MEDIA_TYPE: same(415),
  BODY_TOO_LARGE: same(413),
  MESSAGE_TOO_LARGE: same(413),
  RECORD_LIST_TOO_LARGE: same(413),
  ORIGIN_REFUSED: same(40_301),
  SIGNUP_REFUSED: same(40_301),
  SASL_AUTHENTICATION_FAILED: same(40_101),
  TOPIC_AUTHORIZATION_FAILED: same(40_301),
  GROUP_AUTHORIZATION_FAILED: same(40_301),
  CLUSTER_AUTHORIZATION_FAILED: same(40_301),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: same(40_301),
  LIMIT_REACHED: same(kafkaBadRequest),
  GROUP_ID_NOT_FOUND: same(40_405),
  UNKNOWN_MEMBER_ID: { v2: 40_403, v3: 404 },
  UNRELEASED_INSTANCE_ID: same(40_902),
  ILLEGAL_STATE: same(40_903),
  FENCED_MEMBER_EPOCH: same(40_903),
  NON_EMPTY_GROUP: same(40_903),
  INVALID_REGULAR_EXPRESSION: { v2: 422, v3: kafkaBadRequest },
  OVERLOADED: same(429),
  THROTTLING_QUOTA_EXCEEDED: same(429),
  BUDGET_EXCEEDED: same(429),
  STORAGE_QUOTA_EXCEEDED: same(429),
};

/** Messages that clients of v2 know; ours, which says more, follows. */
const knownMessages: Readonly<Record<number, string>> = {
  40401: 'Topic not found.',
  40402: 'Partition not found.',
  40403: 'Consumer instance not found.',
};

/** The only place that turns a failure into what the REST Proxy's clients see. */
export function toRestError(failure: Failure, version: RestVersion): RestError {
  const code = codeOf(failure, version);
  const known = version === 'v2' ? knownMessages[code] : undefined;
  const message = known === undefined ? failure.message : `${known} ${failure.message}`;
  return { status: statusOf(code), body: { error_code: code, message } };
}

/** The code that stands beside one record of a v2 answer: 2 when a retry may succeed, else 1. */
export function recordErrorCode(code: ErrorCode): 1 | 2 {
  return errorTable[code].retriable ? 2 : 1;
}

function codeOf(failure: Failure, version: RestVersion): number {
  if ('restCode' in failure && typeof failure.restCode === 'number') return failure.restCode;
  if (version === 'v2' && failure.code === 'UNKNOWN_TOPIC_OR_PARTITION' && failure.detail?.partition !== undefined) {
    return 40_402;
  }
  const known = codes[failure.code];
  if (known !== undefined) return known[version];
  const { status, retriable } = errorTable[failure.code];
  if (status < 500) return kafkaBadRequest;
  return retriable ? retriableKafkaError : kafkaError;
}

/** A validation error of a consumer's config, in spite of its number. */
const invalidConstraint = 40_001;

/** Codes of five digits begin with the HTTP status; those of three are one. */
function statusOf(code: number): number {
  if (code === invalidConstraint) return 422;
  return code < 1_000 ? code : Math.floor(code / 100);
}

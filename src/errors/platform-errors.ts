import type { KafkaError } from './kafka-errors.ts';

/**
 * The closed list of our own codes: what Kafka has no name for. Each also says which Kafka number the wire protocol
 * answers with.
 */
export const platformErrors = {
  /** The body is not JSON, or not the JSON that was asked for; `line` and `column` say where. */
  MALFORMED_JSON: { number: 42, retriable: false, status: 400 },
  /** Text that must be UTF-8 is not. */
  MALFORMED_UTF8: { number: 42, retriable: false, status: 400 },
  /** No route answers this path. */
  ROUTE_NOT_FOUND: { number: 42, retriable: false, status: 404 },
  METHOD_NOT_ALLOWED: { number: 42, retriable: false, status: 405 },
  NOT_ACCEPTABLE: { number: 42, retriable: false, status: 406 },
  UNSUPPORTED_MEDIA_TYPE: { number: 42, retriable: false, status: 415 },
  /** The route speaks WebSocket and the request does not ask for one, or not for a subprotocol that is spoken there. */
  UPGRADE_REQUIRED: { number: 42, retriable: false, status: 426 },
  /** The request body is larger than the platform takes. */
  BODY_TOO_LARGE: { number: 10, retriable: false, status: 413 },
  /** Host or Origin is not allowed to speak to this platform. */
  ORIGIN_REFUSED: { number: 29, retriable: false, status: 403 },
  /** The platform takes no sign-ups, or not with this invitation. */
  SIGNUP_REFUSED: { number: 31, retriable: false, status: 403 },
  /** What was asked does not go with the state of what it is about. */
  ILLEGAL_STATE: { number: 42, retriable: false, status: 409 },
  /** What the path or the body names is not there: an organization, a cluster, a key, a member, ... */
  UNKNOWN_RESOURCE: { number: 42, retriable: false, status: 404 },
  RESOURCE_ALREADY_EXISTS: { number: 42, retriable: false, status: 409 },
  /** A hard limit of /v1/limits was reached. */
  LIMIT_REACHED: { number: 44, retriable: false, status: 429 },
  /** The organization has used up its budget of the month: records are neither written nor read until it is raised. */
  BUDGET_EXCEEDED: { number: 29, retriable: false, status: 429 },
  /** The organization keeps as many bytes as it may: nothing is written until some are gone, or the cap is raised. */
  STORAGE_QUOTA_EXCEEDED: { number: 44, retriable: false, status: 429 },
  /** The object is at its storage limit; reads and deletes still work. */
  STORAGE_FULL: { number: 56, retriable: false, status: 507 },
  /** The object has too much work queued; nothing was stored. */
  OVERLOADED: { number: 7, retriable: true, status: 503 },
  /** Something outside that the request depends on, such as an issuer's keys, cannot be reached or answers nonsense. */
  OUTBOUND_CALL_FAILED: { number: 13, retriable: true, status: 503 },
  /** The answer was lost: the write may or may not be stored. Retry with the same sequence or Idempotency-Key. */
  UNKNOWN_OUTCOME: { number: 7, retriable: true, status: 504 },
  /** An Idempotency-Key came back with another body. */
  IDEMPOTENCY_KEY_REUSED: { number: 42, retriable: false, status: 422 },
  /** A position that this platform did not issue, or of another topic. */
  INVALID_POSITION: { number: 42, retriable: false, status: 400 },
  /** The partition's object has no identity yet, or an older config: the caller fetches a grant and asks again. */
  GRANT_REQUIRED: { number: 5, retriable: true, status: 503 },
  /** The partition or group does not know the transaction: the caller has its coordinator confirm it and asks again. */
  TRANSACTION_UNVERIFIED: { number: 48, retriable: true, status: 503 },
  /** The object belongs to another organization, cluster, topic or partition. */
  WRONG_OBJECT: { number: 3, retriable: false, status: 404 },
  /** The partition has just started, and the cluster could not be asked whether its log is whole. Nothing was stored. */
  LOG_UNVERIFIED: { number: 5, retriable: true, status: 503 },
  /** The log lost records that were acknowledged: it is served again once it is restored, or the loss is accepted. */
  LOG_TRUNCATED: { number: 56, retriable: false, status: 503 },
  /** Data was written by a newer version of Millrace than this one. */
  NEWER_SCHEMA: { number: 35, retriable: false, status: 503 },
} as const satisfies Record<string, KafkaError>;

export type PlatformErrorName = keyof typeof platformErrors;

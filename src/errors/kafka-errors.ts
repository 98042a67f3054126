/**
 * Kafka's error table (org.apache.kafka.common.protocol.Errors) as far as the platform uses it: wire number, whether
 * a client may retry, and the HTTP status the native API answers with.
 */
export const kafkaErrors = {
  UNKNOWN_SERVER_ERROR: { number: -1, retriable: false, status: 500 },
  OFFSET_OUT_OF_RANGE: { number: 1, retriable: true, status: 416 },
  CORRUPT_MESSAGE: { number: 2, retriable: true, status: 400 },
  UNKNOWN_TOPIC_OR_PARTITION: { number: 3, retriable: true, status: 404 },
  REQUEST_TIMED_OUT: { number: 7, retriable: true, status: 504 },
  MESSAGE_TOO_LARGE: { number: 10, retriable: false, status: 413 },
  OFFSET_METADATA_TOO_LARGE: { number: 12, retriable: false, status: 400 },
  INVALID_TOPIC_EXCEPTION: { number: 17, retriable: false, status: 400 },
  RECORD_LIST_TOO_LARGE: { number: 18, retriable: false, status: 413 },
  INCONSISTENT_GROUP_PROTOCOL: { number: 23, retriable: false, status: 409 },
  INVALID_GROUP_ID: { number: 24, retriable: false, status: 400 },
  UNKNOWN_MEMBER_ID: { number: 25, retriable: false, status: 404 },
  INVALID_SESSION_TIMEOUT: { number: 26, retriable: false, status: 400 },
  INVALID_TIMESTAMP: { number: 32, retriable: false, status: 400 },
  UNSUPPORTED_VERSION: { number: 35, retriable: false, status: 400 },
  TOPIC_ALREADY_EXISTS: { number: 36, retriable: false, status: 409 },
  INVALID_PARTITIONS: { number: 37, retriable: false, status: 400 },
  INVALID_REPLICATION_FACTOR: { number: 38, retriable: false, status: 400 },
  INVALID_REPLICA_ASSIGNMENT: { number: 39, retriable: false, status: 400 },
  INVALID_CONFIG: { number: 40, retriable: false, status: 400 },
  INVALID_REQUEST: { number: 42, retriable: false, status: 400 },
  UNSUPPORTED_FOR_MESSAGE_FORMAT: { number: 43, retriable: false, status: 400 },
  POLICY_VIOLATION: { number: 44, retriable: false, status: 403 },
  OUT_OF_ORDER_SEQUENCE_NUMBER: { number: 45, retriable: false, status: 409 },
  INVALID_PRODUCER_EPOCH: { number: 47, retriable: false, status: 409 },
  INVALID_TXN_STATE: { number: 48, retriable: false, status: 409 },
  SECURITY_DISABLED: { number: 54, retriable: false, status: 400 },
  KAFKA_STORAGE_ERROR: { number: 56, retriable: true, status: 503 },
  NON_EMPTY_GROUP: { number: 68, retriable: false, status: 409 },
  GROUP_ID_NOT_FOUND: { number: 69, retriable: false, status: 404 },
  UNSUPPORTED_COMPRESSION_TYPE: { number: 76, retriable: false, status: 400 },
  GROUP_MAX_SIZE_REACHED: { number: 81, retriable: false, status: 429 },
  FENCED_INSTANCE_ID: { number: 82, retriable: false, status: 409 },
  GROUP_SUBSCRIBED_TO_TOPIC: { number: 86, retriable: false, status: 409 },
  INVALID_RECORD: { number: 87, retriable: false, status: 400 },
  THROTTLING_QUOTA_EXCEEDED: { number: 89, retriable: true, status: 429 },
  UNKNOWN_TOPIC_ID: { number: 100, retriable: true, status: 404 },
  FENCED_MEMBER_EPOCH: { number: 110, retriable: false, status: 409 },
  UNRELEASED_INSTANCE_ID: { number: 111, retriable: false, status: 409 },
  UNSUPPORTED_ASSIGNOR: { number: 112, retriable: false, status: 400 },
  INVALID_RECORD_STATE: { number: 121, retriable: false, status: 409 },
  INVALID_REGULAR_EXPRESSION: { number: 128, retriable: false, status: 400 },
} as const satisfies Record<string, KafkaError>;

export type KafkaError = { readonly number: number; readonly retriable: boolean; readonly status: number };

export type KafkaErrorName = keyof typeof kafkaErrors;

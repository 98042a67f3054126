import { produceAnswerSchema, produceRequestSchema, readAnswerSchema } from '../../contracts/records.ts';
import { limits } from '../../limits.ts';
import { anyCredential, onTopic } from './authorization.ts';
import type { Operation, OperationParameter } from './operation.ts';
import { json, startSchema } from './operation-parts.ts';

const ndjson = 'application/x-ndjson';
const batch = 'application/vnd.millrace.batch';

export const partitionParameter: OperationParameter = {
  name: 'partition',
  in: 'query',
  description: 'Only this partition.',
  schema: { type: 'integer', minimum: 0 },
};

export const renderingParameter: OperationParameter = {
  name: 'as',
  in: 'query',
  description:
    'How keys and values are shown: `auto` shows valid JSON as it was stored, else UTF-8 as a string, else base64; `value_type` says which.',
  schema: { type: 'string', enum: ['auto', 'json', 'text', 'base64'], default: 'auto' },
};

export const isolationParameter: OperationParameter = {
  name: 'isolation',
  in: 'query',
  description:
    'With `read_committed`, records of open transactions are waited for and those of aborted ones are left out.',
  schema: { type: 'string', enum: ['read_uncommitted', 'read_committed'], default: 'read_uncommitted' },
};

const upgradeAnswer = { 101: { description: 'The socket is open; docs/websocket.md has the frames.' } } as const;

const batchBytes = {
  schema: { type: 'string', format: 'binary' },
  description: 'Kafka v2 record batches, back to back.',
} as const;

export const recordOperations = {
  produceRecords: {
    method: 'POST',
    path: '/v1/topics/{topic}/records',
    authorization: onTopic('WRITE'),
    tag: 'Records',
    summary: 'Append records',
    description:
      'An answer of 200 means that every result with an offset is durable. Whatever can be checked beforehand is, and refuses the whole request; after that each partition stores its part whole or not at all.',
    parameters: [
      {
        name: 'partition',
        in: 'query',
        description: 'Pins all records to a partition; required for record batches.',
        schema: { type: 'integer', minimum: 0 },
      },
      {
        name: 'key',
        in: 'query',
        description: 'For NDJSON: a JSON Pointer (RFC 6901) into each line that gives the record its key.',
        schema: { type: 'string', maxLength: limits.keyPointerCharacters.value },
        example: '/customer/id',
      },
      {
        name: 'idempotency-key',
        in: 'header',
        description: 'A retry with the same key and body is answered with the first answer, and stored once.',
        schema: { type: 'string', minLength: 1, maxLength: limits.idempotencyKeyCharacters.value },
      },
      {
        name: 'prefer',
        in: 'header',
        description: 'With `cost`, the answer says in `Millrace-Cost` what Cloudflare bills for it (RFC 7240).',
        schema: { type: 'string' },
        example: 'cost',
      },
    ],
    requestBody: {
      [json]: {
        schema: produceRequestSchema,
        example: { records: [{ key: 'ams', value: { flight: 'KL1001', delay: 4 } }] },
      },
      [ndjson]: {
        schema: { type: 'string' },
        description: 'Every line is one JSON value, stored byte for byte.',
        example: '{"flight":"KL1001","delay":4}\n{"flight":"KL1002","delay":0}\n',
      },
      [batch]: batchBytes,
    },
    answers: {
      200: {
        description: 'What became of each record, in request order.',
        content: {
          [json]: {
            schema: produceAnswerSchema,
            example: { results: [{ partition: 0, offset: 17, timestamp: 1790000000000 }] },
          },
        },
      },
    },
    errors: [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'INVALID_REQUEST',
      'INVALID_RECORD',
      'INVALID_TIMESTAMP',
      'CORRUPT_MESSAGE',
      'UNSUPPORTED_VERSION',
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
      'UNSUPPORTED_COMPRESSION_TYPE',
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      'INVALID_PRODUCER_EPOCH',
      'INVALID_TXN_STATE',
      'MESSAGE_TOO_LARGE',
      'RECORD_LIST_TOO_LARGE',
      'MALFORMED_JSON',
      'MALFORMED_UTF8',
      'UNSUPPORTED_MEDIA_TYPE',
      'BODY_TOO_LARGE',
      'IDEMPOTENCY_KEY_REUSED',
      'LIMIT_REACHED',
      'STORAGE_FULL',
      'OVERLOADED',
      'LOG_UNVERIFIED',
      'LOG_TRUNCATED',
      'UNKNOWN_OUTCOME',
      'REQUEST_TIMED_OUT',
      'KAFKA_STORAGE_ERROR',
      'POLICY_VIOLATION',
    ],
  },
  readRecords: {
    method: 'GET',
    path: '/v1/topics/{topic}/partitions/{partition}/records',
    authorization: onTopic('READ'),
    tag: 'Records',
    summary: 'Read records of one partition',
    description:
      'Give `offset` or `timestamp`. At the high watermark the answer is empty, after `wait_ms` if nothing arrives until then.',
    parameters: [
      {
        name: 'offset',
        in: 'query',
        description: 'Where to start.',
        schema: startSchema,
      },
      {
        name: 'timestamp',
        in: 'query',
        description: 'Starts at the first record of this time (milliseconds since 1970) or later.',
        schema: { type: 'integer', minimum: 0 },
      },
      {
        name: 'max_records',
        in: 'query',
        description: 'At most this many.',
        schema: { type: 'integer', minimum: 1, maximum: limits.readRecords.max, default: limits.readRecords.value },
      },
      {
        name: 'max_bytes',
        in: 'query',
        description: 'At most about this many bytes; the first batch always comes.',
        schema: { type: 'integer', minimum: 1, maximum: limits.readBytes.max, default: limits.readBytes.value },
      },
      {
        name: 'wait_ms',
        in: 'query',
        description: 'At the high watermark, wait this long for `min_bytes`.',
        schema: { type: 'integer', minimum: 0, maximum: limits.readWaitMs.max, default: limits.readWaitMs.value },
      },
      {
        name: 'min_bytes',
        in: 'query',
        description: 'What is worth waking for.',
        schema: { type: 'integer', minimum: 1, maximum: limits.readBytes.max, default: 1 },
      },
      renderingParameter,
      isolationParameter,
      {
        name: 'values_only',
        in: 'query',
        description: 'For NDJSON: lines are the bare values.',
        schema: { type: 'boolean', default: false },
      },
    ],
    answers: {
      200: {
        description: 'Records from where the read started; continue at `next_offset`.',
        content: {
          [json]: { schema: readAnswerSchema },
          [ndjson]: { schema: { type: 'string' }, description: 'A record object a line.' },
          [batch]: batchBytes,
        },
        headers: {
          'millrace-next-offset': 'As next_offset, where the body is not JSON.',
          'millrace-high-watermark': 'As high_watermark, where the body is not JSON.',
          'millrace-log-start-offset': 'As log_start_offset, where the body is not JSON.',
        },
      },
    },
    errors: [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'OFFSET_OUT_OF_RANGE',
      'INVALID_REQUEST',
      'NOT_ACCEPTABLE',
      'OVERLOADED',
      'LOG_UNVERIFIED',
      'LOG_TRUNCATED',
      'KAFKA_STORAGE_ERROR',
    ],
  },
  streamRecords: {
    method: 'GET',
    path: '/v1/topics/{topic}/stream',
    authorization: onTopic('READ'),
    tag: 'Subscriptions',
    summary: 'Follow a topic as Server-Sent Events',
    description:
      'A record an event; its `id` is the position after it. A browser that reconnects sends it back as Last-Event-ID and gets exactly what followed.',
    parameters: [
      partitionParameter,
      {
        name: 'from',
        in: 'query',
        description: '`earliest`, `latest` or a position.',
        schema: { type: 'string', default: 'latest' },
      },
      renderingParameter,
      isolationParameter,
      {
        name: 'last-event-id',
        in: 'header',
        description: 'A position; it wins over `from`.',
        schema: { type: 'string' },
      },
    ],
    answers: {
      200: {
        description: 'An endless stream of events, whose data is a record object.',
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
    },
    errors: [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'OFFSET_OUT_OF_RANGE',
      'INVALID_POSITION',
      'INVALID_REQUEST',
      'NOT_ACCEPTABLE',
      'LIMIT_REACHED',
      'OVERLOADED',
      'LOG_UNVERIFIED',
      'LOG_TRUNCATED',
    ],
  },
  topicSocket: {
    method: 'GET',
    path: '/v1/topics/{topic}/ws',
    authorization: onTopic('DESCRIBE'),
    tag: 'Subscriptions',
    summary: 'Open a WebSocket on a topic (subprotocol millrace.v1)',
    answers: upgradeAnswer,
    errors: [
      'UPGRADE_REQUIRED',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'INVALID_REQUEST',
      'LIMIT_REACHED',
      'OVERLOADED',
      'LOG_UNVERIFIED',
      'LOG_TRUNCATED',
    ],
  },
  clusterSocket: {
    method: 'GET',
    path: '/v1/ws',
    authorization: anyCredential('each frame needs READ or WRITE of its topic'),
    tag: 'Subscriptions',
    summary: 'Open a WebSocket over any topics (subprotocol millrace.v1)',
    answers: upgradeAnswer,
    errors: ['UPGRADE_REQUIRED', 'INVALID_REQUEST', 'LIMIT_REACHED', 'OVERLOADED'],
  },
  partitionSocket: {
    method: 'GET',
    path: '/v1/topics/{topic}/partitions/{partition}/ws',
    authorization: onTopic('DESCRIBE'),
    tag: 'Subscriptions',
    summary: 'Open a binary WebSocket on one partition (subprotocol millrace.v1.binary)',
    description: "The fast door: frames of record batches, answered by the partition's own object.",
    answers: upgradeAnswer,
    errors: [
      'UPGRADE_REQUIRED',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'INVALID_REQUEST',
      'LIMIT_REACHED',
      'OVERLOADED',
      'LOG_UNVERIFIED',
      'LOG_TRUNCATED',
    ],
  },
} as const satisfies Record<string, Operation>;

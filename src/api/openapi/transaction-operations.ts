import { groupCommittedSchema } from '../../contracts/groups.ts';
import { produceAnswerSchema, produceRequestSchema } from '../../contracts/records.ts';
import {
  transactionEndSchema,
  transactionInitSchema,
  transactionListSchema,
  transactionOffsetsSchema,
  transactionProducerSchema,
  transactionSchema,
} from '../../contracts/transactions.ts';
import type { ErrorCode } from '../../errors/error-codes.ts';
import { limits } from '../../limits.ts';
import { anyCredential, onTransaction } from './authorization.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, cursorParameter, json, limitParameter } from './operation-parts.ts';

const ndjson = 'application/x-ndjson';
const tag = 'Transactions';

const objectErrors = ['OVERLOADED', 'UNKNOWN_OUTCOME', 'KAFKA_STORAGE_ERROR'] as const satisfies readonly ErrorCode[];

const producerErrors = [
  'INVALID_PRODUCER_ID_MAPPING',
  'PRODUCER_FENCED',
  'CONCURRENT_TRANSACTIONS',
  'INVALID_TXN_STATE',
] as const satisfies readonly ErrorCode[];

const producerAnswer = {
  200: {
    description: 'What the producer goes on with: the next transaction has this epoch.',
    content: {
      [json]: {
        schema: transactionProducerSchema,
        example: { transactional_id: 'billing-1', producer_id: 1000, producer_epoch: 4 },
      },
    },
  },
} as const;

const described = {
  200: {
    description: 'The transaction as its coordinator has it.',
    content: { [json]: { schema: transactionSchema } },
  },
} as const;

const endBody = {
  [json]: { schema: transactionEndSchema, example: { producer_id: 1000, producer_epoch: 3 } },
} as const;

const integerParameter = (name: string, description: string) =>
  ({ name, in: 'query', description, schema: { type: 'integer', minimum: 0 }, required: true }) as const;

export const transactionOperations = {
  initTransactions: {
    method: 'POST',
    path: '/v1/transactions',
    authorization: anyCredential('it needs WRITE of the transactional id', 'TRANSACTIONAL_ID'),
    tag,
    summary: 'Initialize the producer of a transactional id',
    description:
      'Whoever calls it last is the one that may write: every earlier instance is fenced, and what it left open is aborted first.',
    requestBody: {
      [json]: { schema: transactionInitSchema, example: { transactional_id: 'billing-1', timeout_ms: 60_000 } },
    },
    answers: producerAnswer,
    errors: [...bodyErrors, ...objectErrors, 'INVALID_TRANSACTION_TIMEOUT', 'CONCURRENT_TRANSACTIONS', 'LIMIT_REACHED'],
  },
  listTransactions: {
    method: 'GET',
    path: '/v1/transactions',
    authorization: anyCredential('it lists transactional ids that may be described'),
    tag,
    summary: 'List transactional ids and what their transactions do',
    parameters: [
      {
        name: 'prefix',
        in: 'query',
        description: 'Only ids that begin with it.',
        schema: { type: 'string', maxLength: limits.transactionalIdCharacters.value },
      },
      limitParameter(limits.transactionalIdsPerPage),
      cursorParameter,
    ],
    answers: { 200: { description: 'A page.', content: { [json]: { schema: transactionListSchema } } } },
    errors: ['INVALID_REQUEST', ...objectErrors],
  },
  describeTransaction: {
    method: 'GET',
    path: '/v1/transactions/{transactional_id}',
    authorization: onTransaction('DESCRIBE'),
    tag,
    summary: 'Describe a transactional id',
    answers: described,
    errors: ['TRANSACTIONAL_ID_NOT_FOUND', ...objectErrors],
  },
  produceInTransaction: {
    method: 'POST',
    path: '/v1/transactions/{transactional_id}/records',
    authorization: onTransaction('WRITE', 'WRITE of the topic'),
    tag,
    summary: 'Append records in a transaction',
    description:
      'Begins the transaction if none is under way. Readers of committed records see them when it is committed. When a result has an error, or the answer is lost, abort the transaction and begin anew; or retry under an Idempotency-Key.',
    parameters: [
      {
        name: 'topic',
        in: 'query',
        description: 'The topic to write to.',
        schema: { type: 'string' },
        required: true,
        example: 'invoices',
      },
      integerParameter('producer_id', 'As the producer was given it.'),
      integerParameter('producer_epoch', 'As the last answer said it.'),
      {
        name: 'partition',
        in: 'query',
        description: 'Pins all records to a partition.',
        schema: { type: 'integer', minimum: 0 },
      },
      {
        name: 'key',
        in: 'query',
        description: 'For NDJSON: a JSON Pointer (RFC 6901) into each line that gives the record its key.',
        schema: { type: 'string', maxLength: limits.keyPointerCharacters.value },
      },
      {
        name: 'idempotency-key',
        in: 'header',
        description: 'A retry in the same transaction with the same key and body is answered with the first answer.',
        schema: { type: 'string', minLength: 1, maxLength: limits.idempotencyKeyCharacters.value },
      },
    ],
    requestBody: {
      [json]: { schema: produceRequestSchema, example: { records: [{ key: 'ams', value: { total: 12 } }] } },
      [ndjson]: { schema: { type: 'string' }, description: 'Every line is one JSON value, stored byte for byte.' },
    },
    answers: {
      200: {
        description: 'What became of each record, in request order.',
        content: { [json]: { schema: produceAnswerSchema } },
      },
    },
    errors: [
      ...bodyErrors,
      ...objectErrors,
      ...producerErrors,
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
      'INVALID_RECORD',
      'INVALID_TIMESTAMP',
      'MESSAGE_TOO_LARGE',
      'RECORD_LIST_TOO_LARGE',
      'IDEMPOTENCY_KEY_REUSED',
      'LIMIT_REACHED',
      'STORAGE_FULL',
      'LOG_UNVERIFIED',
      'LOG_TRUNCATED',
    ],
  },
  commitOffsetsInTransaction: {
    method: 'POST',
    path: '/v1/transactions/{transactional_id}/offsets',
    authorization: onTransaction('WRITE', 'READ of the group'),
    tag,
    summary: 'Commit offsets of a consumer group with the transaction',
    description:
      'They become the offsets of the group when the transaction is committed, and never do when it is aborted.',
    requestBody: {
      [json]: {
        schema: transactionOffsetsSchema,
        example: { producer_id: 1000, producer_epoch: 3, group: 'billing', offsets: { orders: { '0': 17 } } },
      },
    },
    answers: {
      200: { description: 'Which were not taken.', content: { [json]: { schema: groupCommittedSchema } } },
    },
    errors: [
      ...bodyErrors,
      ...objectErrors,
      ...producerErrors,
      'INVALID_PRODUCER_EPOCH',
      'INVALID_GROUP_ID',
      'INCONSISTENT_GROUP_PROTOCOL',
      'UNKNOWN_MEMBER_ID',
      'FENCED_MEMBER_EPOCH',
      'FENCED_INSTANCE_ID',
      'NON_EMPTY_GROUP',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'OFFSET_OUT_OF_RANGE',
      'OFFSET_METADATA_TOO_LARGE',
      'LIMIT_REACHED',
    ],
  },
  commitTransaction: {
    method: 'POST',
    path: '/v1/transactions/{transactional_id}/commit',
    authorization: onTransaction('WRITE'),
    tag,
    summary: 'Commit the transaction',
    description: 'Once it is answered, the decision never changes. It may be repeated until it is answered.',
    requestBody: endBody,
    answers: producerAnswer,
    errors: [...bodyErrors, ...objectErrors, ...producerErrors],
  },
  abortTransaction: {
    method: 'POST',
    path: '/v1/transactions/{transactional_id}/abort',
    authorization: onTransaction('WRITE'),
    tag,
    summary: 'Abort the transaction',
    description: 'It may be repeated until it is answered.',
    requestBody: endBody,
    answers: producerAnswer,
    errors: [...bodyErrors, ...objectErrors, ...producerErrors],
  },
  terminateTransaction: {
    method: 'POST',
    path: '/v1/transactions/{transactional_id}/terminate',
    authorization: onTransaction('WRITE'),
    tag,
    summary: 'Abort what is under way, for an operator',
    description: 'For a producer that hangs: it is fenced, and must be initialized again.',
    answers: described,
    errors: ['TRANSACTIONAL_ID_NOT_FOUND', ...objectErrors],
  },
} as const satisfies Record<string, Operation>;

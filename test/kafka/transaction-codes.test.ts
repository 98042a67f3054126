import { expect, test } from 'vitest';
import { type ErrorCode, errorTable } from '../../src/errors/error-codes.ts';
import { failed } from '../../src/errors/result.ts';
import { coordinatorCode, participantCode } from '../../src/kafka/transaction-codes.ts';

const failure = (code: ErrorCode) => failed(code, 'why').error;
const nameOf = (number: number) => Object.entries(errorTable).find(([, error]) => error.number === number)![0];

/** What Kafka's brokers answer: KafkaApis, AddPartitionsToTxnManager, ReplicaManager, CoordinatorOperationExceptionHelper. */
test.each([
  ['initProducerId', 3, 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'],
  ['initProducerId', 4, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
  ['addPartitionsToTxn', 1, 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'],
  ['addPartitionsToTxn', 2, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
  ['addOffsetsToTxn', 1, 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'],
  ['endTxn', 1, 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'],
  ['endTxn', 5, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
  ['endTxn', 0, 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS'],
  ['endTxn', 5, 'INVALID_TXN_STATE', 'INVALID_TXN_STATE'],
] as const)('the coordinator answers %s %i with a failure %s as %s', (api, version, code, answered) => {
  expect(nameOf(coordinatorCode(api, version, failure(code)))).toBe(answered);
});

test.each([
  ['produce', 9, 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'],
  ['produce', 13, 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'],
  ['produce', 10, 'INVALID_TXN_STATE', 'INVALID_TXN_STATE'],
  ['produce', 11, 'INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE'],
  ['produce', 11, 'CONCURRENT_TRANSACTIONS', 'NOT_ENOUGH_REPLICAS'],
  ['produce', 12, 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS'],
  ['produce', 9, 'INVALID_PRODUCER_ID_MAPPING', 'INVALID_PRODUCER_ID_MAPPING'],
  ['txnOffsetCommit', 3, 'INVALID_TXN_STATE', 'INVALID_TXN_STATE'],
  ['txnOffsetCommit', 4, 'INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE'],
  ['txnOffsetCommit', 4, 'CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS'],
  ['txnOffsetCommit', 5, 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS'],
  ['txnOffsetCommit', 5, 'ILLEGAL_GENERATION', 'ILLEGAL_GENERATION'],
  ['txnOffsetCommit', 3, 'FENCED_MEMBER_EPOCH', 'ILLEGAL_GENERATION'],
  ['txnOffsetCommit', 5, 'FENCED_MEMBER_EPOCH', 'ILLEGAL_GENERATION'],
] as const)('who takes part answers %s %i with a failure %s as %s', (api, version, code, answered) => {
  expect(nameOf(participantCode(api, version, failure(code)))).toBe(answered);
});

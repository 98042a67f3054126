import { message } from '../wire/message-codec.ts';
import { bool, int16, int32, int32s, int64, string, structs, throttleTimeMs } from '../wire/schema.ts';

const addPartitionsToTxnTopicFields = {
  name: string('0+'),
  partitions: int32s('0+'),
} as const;

/** Kafka's AddPartitionsToTxnRequest, API key 24. */
export const addPartitionsToTxnRequest = message('AddPartitionsToTxnRequest', 3, {
  transactions: structs('4+', {
    transactionalId: string('4+'),
    producerId: int64('4+'),
    producerEpoch: int16('4+'),
    verifyOnly: bool('4+', { default: false }),
    topics: structs('4+', addPartitionsToTxnTopicFields),
  }),
  v3AndBelowTransactionalId: string('0-3'),
  v3AndBelowProducerId: int64('0-3'),
  v3AndBelowProducerEpoch: int16('0-3'),
  v3AndBelowTopics: structs('0-3', addPartitionsToTxnTopicFields),
});

const addPartitionsToTxnPartitionResultFields = {
  partitionIndex: int32('0+'),
  partitionErrorCode: int16('0+'),
} as const;

const addPartitionsToTxnTopicResultFields = {
  name: string('0+'),
  resultsByPartition: structs('0+', addPartitionsToTxnPartitionResultFields),
} as const;

/** Kafka's AddPartitionsToTxnResponse, API key 24. */
export const addPartitionsToTxnResponse = message('AddPartitionsToTxnResponse', 3, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('4+'),
  resultsByTransaction: structs('4+', {
    transactionalId: string('4+'),
    topicResults: structs('4+', addPartitionsToTxnTopicResultFields),
  }),
  resultsByTopicV3AndBelow: structs('0-3', addPartitionsToTxnTopicResultFields),
});

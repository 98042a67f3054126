import { message } from '../wire/message-codec.ts';
import { bool, int16, int32, int64, string, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's InitProducerIdRequest, API key 22. */
export const initProducerIdRequest = message('InitProducerIdRequest', 2, {
  transactionalId: string('0+', { nullable: '0+' }),
  transactionTimeoutMs: int32('0+'),
  producerId: int64('3+', { default: -1 }),
  producerEpoch: int16('3+', { default: -1 }),
  enable2Pc: bool('6+', { default: false }),
  keepPreparedTxn: bool('6+', { default: false }),
});

/** Kafka's InitProducerIdResponse, API key 22. */
export const initProducerIdResponse = message('InitProducerIdResponse', 2, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  producerId: int64('0+', { default: -1 }),
  producerEpoch: int16('0+'),
  ongoingTxnProducerId: int64('6+', { default: -1 }),
  ongoingTxnProducerEpoch: int16('6+', { default: -1 }),
});

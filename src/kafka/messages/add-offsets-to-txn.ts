import { message } from '../wire/message-codec.ts';
import { int16, int64, string, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's AddOffsetsToTxnRequest, API key 25. */
export const addOffsetsToTxnRequest = message('AddOffsetsToTxnRequest', 3, {
  transactionalId: string('0+'),
  producerId: int64('0+'),
  producerEpoch: int16('0+'),
  groupId: string('0+'),
});

/** Kafka's AddOffsetsToTxnResponse, API key 25. */
export const addOffsetsToTxnResponse = message('AddOffsetsToTxnResponse', 3, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
});

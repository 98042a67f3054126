import { message } from '../wire/message-codec.ts';
import { bool, int16, int64, string, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's EndTxnRequest, API key 26. */
export const endTxnRequest = message('EndTxnRequest', 3, {
  transactionalId: string('0+'),
  producerId: int64('0+'),
  producerEpoch: int16('0+'),
  committed: bool('0+'),
});

/** Kafka's EndTxnResponse, API key 26. */
export const endTxnResponse = message('EndTxnResponse', 3, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  producerId: int64('5+', { default: -1 }),
  producerEpoch: int16('5+', { default: -1 }),
});

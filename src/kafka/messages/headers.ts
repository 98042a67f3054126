import { message } from '../wire/message-codec.ts';
import { int16, int32, string } from '../wire/schema.ts';

/** Kafka's RequestHeader. */
export const requestHeader = message('RequestHeader', 2, {
  requestApiKey: int16('0+'),
  requestApiVersion: int16('0+'),
  correlationId: int32('0+'),
  clientId: string('1+', { nullable: '1+', isNeverFlexible: true }),
});

/** Kafka's ResponseHeader. */
export const responseHeader = message('ResponseHeader', 1, {
  correlationId: int32('0+'),
});

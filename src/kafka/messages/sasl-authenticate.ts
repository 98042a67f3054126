import { message } from '../wire/message-codec.ts';
import { bytes, int16, int64, string } from '../wire/schema.ts';

/** Kafka's SaslAuthenticateRequest, API key 36. */
export const saslAuthenticateRequest = message('SaslAuthenticateRequest', 2, {
  authBytes: bytes('0+'),
});

/** Kafka's SaslAuthenticateResponse, API key 36. */
export const saslAuthenticateResponse = message('SaslAuthenticateResponse', 2, {
  errorCode: int16('0+'),
  errorMessage: string('0+', { nullable: '0+' }),
  authBytes: bytes('0+'),
  sessionLifetimeMs: int64('1+', { default: 0 }),
});

import { message } from '../wire/message-codec.ts';
import { int16, string, strings } from '../wire/schema.ts';

/** Kafka's SaslHandshakeRequest, API key 17. */
export const saslHandshakeRequest = message('SaslHandshakeRequest', null, {
  mechanism: string('0+'),
});

/** Kafka's SaslHandshakeResponse, API key 17. */
export const saslHandshakeResponse = message('SaslHandshakeResponse', null, {
  errorCode: int16('0+'),
  mechanisms: strings('0+'),
});

import type { ErrorCode } from '../../errors/error-codes.ts';
import { openingApi } from '../kafka-api.ts';
import { saslAuthenticateRequest, saslAuthenticateResponse } from '../messages/sasl-authenticate.ts';
import { saslHandshakeRequest, saslHandshakeResponse } from '../messages/sasl-handshake.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

/** After version 0 the messages of the mechanism come bare; from 1 on in SaslAuthenticate (KIP-152). */
const wrappedFrom = 1;

/** What a client is told; anything else is none of its doing. */
const verdicts: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SASL_AUTHENTICATION_FAILED',
  'ILLEGAL_SASL_STATE',
  'THROTTLING_QUOTA_EXCEEDED',
]);

/** What says that a session does not end by itself. */
const endless = 0;

export const saslHandshakeApi = openingApi({
  key: 17,
  name: 'SaslHandshake',
  versions: { min: 0, max: 1 },
  request: saslHandshakeRequest,
  response: saslHandshakeResponse,
  handle: async ({ session: { sasl }, version }, { mechanism }) => {
    const begun = sasl.begin(mechanism, version < wrappedFrom);
    return { errorCode: begun.ok ? noError : wireErrorOf(begun.error), mechanisms: sasl.mechanisms };
  },
});

export const saslAuthenticateApi = openingApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: { min: 0, max: 2 },
  request: saslAuthenticateRequest,
  response: saslAuthenticateResponse,
  handle: async ({ session: { sasl, lifetimeMs } }, { authBytes }) => {
    const taken = await sasl.take(authBytes);
    if (!taken.ok) {
      const { error } = taken;
      // The platform could not find out: the connection ends without a word, and the client tries again.
      if (!verdicts.has(error.code)) return null;
      return { errorCode: wireErrorOf(error), errorMessage: error.message, authBytes: new Uint8Array(0) };
    }
    const { reply, isProven } = taken.value;
    const sessionLifetimeMs = (isProven ? lifetimeMs() : null) ?? endless;
    return { errorCode: noError, errorMessage: null, authBytes: reply, sessionLifetimeMs };
  },
});

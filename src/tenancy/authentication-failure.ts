import { type Failed, failed } from '../errors/result.ts';

/** One answer whatever was wrong, so that nobody learns which keys there are. */
export function unknownCredential(): Failed {
  return failed(
    'SASL_AUTHENTICATION_FAILED',
    'The credential is unknown, expired or revoked. Send an API key as "Authorization: Bearer mr_...", or its id and secret as Basic.',
  );
}

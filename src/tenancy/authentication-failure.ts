import { type Failed, failed } from '../errors/result.ts';

/** What is wrong with a credential of a key that there is or was: for its organization's log, and never for an answer. */
export type SignInFault = 'unknown' | 'revoked' | 'expired' | 'wrong_secret' | 'bad_signature';

/** One answer whatever was wrong, so that nobody learns which keys there are. */
export function unknownCredential(): Failed {
  return failed(
    'SASL_AUTHENTICATION_FAILED',
    'The credential is unknown, expired or revoked. Send an API key as "Authorization: Bearer mr_...", or its id and secret as Basic.',
  );
}

/** The same between an organization and an edge, which takes the fault out before it answers anybody. */
export function faultyCredential(fault: SignInFault): Failed {
  const { error } = unknownCredential();
  return { ok: false, error: { ...error, detail: { fault } } };
}

/** What is wrong with a credential, of a failure between an organization and an edge; null when that does not say. */
export function faultOf({ error: { code, detail } }: Failed): SignInFault | null {
  return code === 'SASL_AUTHENTICATION_FAILED' ? ((detail?.fault as SignInFault | undefined) ?? null) : null;
}

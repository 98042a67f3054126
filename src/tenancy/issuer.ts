import type { PublicKeyAlgorithm } from '../platform/signature-verifier.ts';

/** Who vouches for people: an OpenID provider, or Cloudflare Access. */
export type Issuer = {
  /** What `iss` of its tokens is, character for character. */
  readonly issuer: string;
  /** What `aud` of its tokens has to name. No two organizations have the same issuer and audience. */
  readonly audience: string;
  /** Where its public keys are (RFC 7517). */
  readonly keysUrl: string;
  /** How its tokens may be signed; all other ways are refused. */
  readonly algorithms: readonly PublicKeyAlgorithm[];
  /** True for one that has checked every e-mail address, and does not say so in `email_verified` (Cloudflare Access). */
  readonly hasCheckedEmails: boolean;
};

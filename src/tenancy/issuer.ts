import { readOutboundUrl } from '../egress/outbound-url.ts';
import { failed, ok, type Result } from '../errors/result.ts';
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

const maxAudienceLength = 255;

/** Checks what a caller configures: both addresses are https ones that the platform may call, as egress reads them. */
export function checkIssuer(issuer: Issuer): Result<Issuer> {
  const { audience, algorithms } = issuer;
  for (const [field, address] of [['issuer', issuer.issuer] as const, ['keys_url', issuer.keysUrl] as const]) {
    const url = readOutboundUrl(address, []);
    if (!url.ok) return failed(url.error.code, `${field}: ${url.error.message}`, { field });
  }
  if (audience.trim() === '' || audience.length > maxAudienceLength) {
    return failed('INVALID_REQUEST', `audience has 1 to ${maxAudienceLength} characters.`, { field: 'audience' });
  }
  if (algorithms.length > 0 && new Set(algorithms).size === algorithms.length) return ok(issuer);
  return failed('INVALID_REQUEST', 'algorithms names at least one, and each once.', { field: 'algorithms' });
}

import type { Principal } from '../authorization/principal.ts';
import type { Signer } from '../platform/signer.ts';

/** A secret with which an organization's own programs sign browser tokens that narrow one of its keys. */
export type SigningSecret = {
  readonly signingSecretId: string;
  /** The key whose rights its tokens narrow; they end with it. */
  readonly keyId: string;
  readonly name: string;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
};

/** What an edge needs to check the tokens that a `kid` signed: whose rights they narrow, and the sealed secret. */
export type TokenSigner = {
  readonly principal: Principal;
  /** Null for tokens that the platform signed on behalf of a key: see {@link platformTokenSecret}. */
  readonly sealedSecret: string | null;
};

/** The secret of tokens that the platform itself signs for a key: nothing is stored of it. */
export function platformTokenSecret(keyId: string, signer: Signer): string {
  return signer.sign(JSON.stringify(['millrace browser token secret v1', keyId]));
}

/** What a signing secret is sealed for, so that it opens for no other. */
export function signingSecretContext(orgId: string, signingSecretId: string): string {
  return JSON.stringify(['signing secret', orgId, signingSecretId]);
}

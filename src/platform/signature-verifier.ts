/** Ways of signing with a key whose public half is published (RFC 7518, RFC 8037). */
export type PublicKeyAlgorithm = 'RS256' | 'ES256' | 'EdDSA';

/** A public key as JSON (RFC 7517): what of it an algorithm needs, and no more. */
export type PublicJwk = { readonly kty: string; readonly [field: string]: string };

/** Checks signatures that others made. */
export interface SignatureVerifier {
  /** False, too, when the key is none of the algorithm. */
  verify(
    algorithm: PublicKeyAlgorithm,
    key: PublicJwk,
    signedText: string,
    signature: Uint8Array<ArrayBuffer>,
  ): Promise<boolean>;
}

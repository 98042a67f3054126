import type { PublicJwk, PublicKeyAlgorithm, SignatureVerifier } from '../signature-verifier.ts';

const parameters = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
} as const satisfies Record<PublicKeyAlgorithm, object>;

/** {@link SignatureVerifier} by the runtime's Web Crypto. */
export class WebCryptoVerifier implements SignatureVerifier {
  async verify(
    algorithm: PublicKeyAlgorithm,
    key: PublicJwk,
    signedText: string,
    signature: Uint8Array<ArrayBuffer>,
  ): Promise<boolean> {
    const chosen = parameters[algorithm];
    try {
      const imported = await crypto.subtle.importKey('jwk', key, chosen, false, ['verify']);
      return await crypto.subtle.verify(chosen, imported, signature, new TextEncoder().encode(signedText));
    } catch {
      // The key is somebody else's document: one that cannot be imported verifies nothing.
      return false;
    }
  }
}

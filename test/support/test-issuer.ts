import type { PublicKeyAlgorithm } from '../../src/platform/signature-verifier.ts';
import type { Issuer } from '../../src/tenancy/issuer.ts';

const generated = {
  RS256: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2_048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
} as const;

type SigningKey = { readonly algorithm: PublicKeyAlgorithm; readonly pair: CryptoKeyPair };

/** An issuer of tokens with real keys: it signs what it is told to, and publishes the public halves. */
export class TestIssuer {
  readonly issuer: Issuer = {
    issuer: 'https://login.example.com/',
    audience: 'millrace-acme',
    keysUrl: 'https://login.example.com/keys',
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    hasCheckedEmails: false,
  };
  readonly #keys = new Map<string, SigningKey>();

  async addKey(keyId: string, algorithm: PublicKeyAlgorithm): Promise<void> {
    const pair = (await crypto.subtle.generateKey(generated[algorithm], true, ['sign', 'verify'])) as CryptoKeyPair;
    this.#keys.set(keyId, { algorithm, pair });
  }

  removeKey(keyId: string): void {
    this.#keys.delete(keyId);
  }

  /** What stands at `keysUrl`. */
  async keySet(extra: readonly unknown[] = []): Promise<Uint8Array> {
    const keys: unknown[] = [...extra];
    for (const [kid, { algorithm, pair }] of this.#keys) {
      const exported = await crypto.subtle.exportKey('jwk', pair.publicKey);
      const { kty, n, e, crv, x, y } = exported as JsonWebKey;
      keys.push({ kid, use: 'sig', alg: algorithm, kty, n, e, crv, x, y });
    }
    return new TextEncoder().encode(JSON.stringify({ keys }));
  }

  /** A token of these claims over good ones; `header` is put over a good one too. */
  async sign(keyId: string, nowMs: number, claims: object = {}, header: object = {}): Promise<string> {
    const { algorithm, pair } = this.#keys.get(keyId)!;
    const nowSeconds = Math.floor(nowMs / 1000);
    const { issuer: iss, audience: aud } = this.issuer;
    const whole = { iss, aud, sub: 'ann', iat: nowSeconds, exp: nowSeconds + 600, ...claims };
    const signedText = `${encode({ alg: algorithm, kid: keyId, typ: 'JWT', ...header })}.${encode(whole)}`;
    const bytes = new TextEncoder().encode(signedText);
    const signature = await crypto.subtle.sign(generated[algorithm], pair.privateKey, bytes);
    return `${signedText}.${Buffer.from(signature).toString('base64url')}`;
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

import { createHmac, timingSafeEqual } from 'node:crypto';
import { assert } from '../../errors/assert.ts';
import type { Signer } from '../signer.ts';

/** HMAC-SHA-256 with the platform's secret, as base64url. */
export class HmacSigner implements Signer {
  readonly #secret: string;

  constructor(secret: string) {
    assert(secret.length > 0, 'signing takes a secret: MILLRACE_SECRET is empty');
    this.#secret = secret;
  }

  sign(text: string): string {
    return this.#digest(text).toString('base64url');
  }

  verify(text: string, signature: string): boolean {
    const expected = this.#digest(text);
    const given = Buffer.from(signature, 'base64url');
    // Decoding skips what is not base64url, so only the canonical spelling may pass.
    return (
      given.length === expected.length && timingSafeEqual(given, expected) && given.toString('base64url') === signature
    );
  }

  #digest(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text, 'utf8').digest();
  }
}

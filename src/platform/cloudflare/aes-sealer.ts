import { createHash } from 'node:crypto';
import { assert } from '../../errors/assert.ts';
import type { Sealer } from '../sealer.ts';

/** What AES-GCM takes as its nonce; random ones of a few million secrets do not meet. */
const nonceBytes = 12;

/** AES-256-GCM under a key that only the platform's secret gives; nonce and ciphertext as base64url. */
export class AesSealer implements Sealer {
  readonly #secret: string;
  #imported: Promise<CryptoKey> | null = null;

  constructor(secret: string) {
    assert(secret.length > 0, 'sealing takes a secret: MILLRACE_SECRET is empty');
    this.#secret = secret;
  }

  /** Imported when it is first needed: a sealer is made with every request, and hardly any seals. */
  get #key(): Promise<CryptoKey> {
    if (this.#imported === null) {
      const raw = createHash('sha256').update(`millrace sealed secret v1\0${this.#secret}`).digest();
      this.#imported = crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
    }
    return this.#imported;
  }

  async seal(secret: string, context: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(nonceBytes));
    const text = new TextEncoder().encode(secret);
    const sealed = await crypto.subtle.encrypt(parameters(iv, context), await this.#key, text);
    return Buffer.concat([iv, new Uint8Array(sealed)]).toString('base64url');
  }

  async open(sealed: string, context: string): Promise<string | null> {
    const bytes = new Uint8Array(Buffer.from(sealed, 'base64url'));
    try {
      const iv = bytes.subarray(0, nonceBytes);
      const text = await crypto.subtle.decrypt(parameters(iv, context), await this.#key, bytes.subarray(nonceBytes));
      return new TextDecoder().decode(text);
    } catch {
      return null;
    }
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, context: string) {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(context) };
}

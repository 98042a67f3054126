import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { ScramCredential, ScramCredentials } from '../../tenancy/api-key.ts';

/** Kafka's own minimum, and enough for a password of 256 random bits, which no iteration makes harder to guess. */
const iterations = 4_096;
const saltBytes = 16;

/** What SASL SCRAM keeps of a password (RFC 5802 section 3), with a salt of its own for each mechanism. */
export async function scramCredentials(password: string): Promise<ScramCredentials> {
  const [sha256, sha512] = await Promise.all([credential('SHA-256', password), credential('SHA-512', password)]);
  return { sha256, sha512 };
}

async function credential(hash: 'SHA-256' | 'SHA-512', password: string): Promise<ScramCredential> {
  const salt = randomBytes(saltBytes);
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(password), 'PBKDF2', false, ['deriveBits']);
  const bits = hash === 'SHA-256' ? 256 : 512;
  const salted = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash, salt, iterations }, key, bits);
  const algorithm = hash.replace('-', '').toLowerCase();
  const keyed = (text: string) => createHmac(algorithm, Buffer.from(salted)).update(text).digest();
  return {
    salt: salt.toString('base64'),
    iterations,
    storedKey: createHash(algorithm).update(keyed('Client Key')).digest('base64'),
    serverKey: keyed('Server Key').toString('base64'),
  };
}

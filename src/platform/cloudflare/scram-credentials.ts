import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { ScramCredential, ScramCredentials, ScramSalts } from '../../tenancy/api-key.ts';
import type { HashName } from '../keyed-hash.ts';

/** Kafka's own minimum, and enough for a password of 256 random bits, which no iteration makes harder to guess. */
const iterations = 4_096;
const saltBytes = 16;

/**
 * What SASL SCRAM keeps of a password (RFC 5802 section 3), with a salt for each mechanism: new ones, or those of the
 * key's other secret, since a client is told one before it says which secret it has. Passwords are random, so that equal
 * salts help nobody.
 */
export async function scramCredentials(password: string, salts: ScramSalts | null): Promise<ScramCredentials> {
  const [sha256, sha512] = await Promise.all([
    credential('SHA-256', password, saltOf(salts?.sha256)),
    credential('SHA-512', password, saltOf(salts?.sha512)),
  ]);
  return { sha256, sha512 };
}

const saltOf = (known: string | undefined): Buffer =>
  known === undefined ? randomBytes(saltBytes) : Buffer.from(known, 'base64');

async function credential(hash: HashName, password: string, salt: Buffer): Promise<ScramCredential> {
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

import type { KeyedHash } from '../platform/keyed-hash.ts';

/**
 * Signatures of webhooks as https://www.standardwebhooks.com has them (version 1, symmetric), so that receivers verify
 * them with a library of their language.
 */

const secretPrefix = 'whsec_';

/** The specification takes 24 to 64 bytes; as many as SHA-256 has use for. */
const secretBytes = 32;

const utf8 = new TextEncoder();

/** A new secret, `whsec_` and base64, as receivers are given it. */
export function newWebhookSecret(randomBytes: (count: number) => Uint8Array): string {
  return secretPrefix + btoa(String.fromCharCode(...randomBytes(secretBytes)));
}

/**
 * The headers of one attempt to deliver a message. The id is the same for all attempts, by which receivers know what they
 * have already; the time is that of the attempt, so that a receiver may refuse what is old. Each secret gives a
 * signature of its own, and one that verifies is enough: that is how a secret is changed without a gap.
 */
export function signedHeaders(
  hash: KeyedHash,
  secrets: readonly string[],
  { id, body, nowMs }: { readonly id: string; readonly body: string; readonly nowMs: number },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signed = utf8.encode(`${id}.${timestamp}.${body}`);
  const signatures = secrets.map((secret) => `v1,${base64(hash.sign('SHA-256', keyOf(secret), signed))}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

function keyOf(secret: string): Uint8Array {
  return Uint8Array.from(atob(secret.slice(secretPrefix.length)), (letter) => letter.charCodeAt(0));
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

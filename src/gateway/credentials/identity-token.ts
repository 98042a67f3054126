import { decodeUtf8 } from '../../json/utf8-text.ts';
import type { PublicKeyAlgorithm } from '../../platform/signature-verifier.ts';
import type { Issuer } from '../../tenancy/issuer.ts';
import { maxAuthorizationLength } from './presented-credential.ts';

/** A token of an issuer (RFC 7519, OpenID Connect Core 2) that has the form of one; nothing of it is known to be true. */
export type UnverifiedIdentity = {
  readonly algorithm: string;
  readonly keyId: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the signature covers, and the signature. */
  readonly signedText: string;
  readonly signature: Uint8Array<ArrayBuffer>;
};

/** Whom a verified token speaks of. */
export type Identity = {
  readonly issuer: string;
  /** The issuer's own id for the person: it never stands for somebody else. */
  readonly subject: string;
  /** In lower case; null unless the issuer has checked that it is the person's. */
  readonly email: string | null;
  readonly expiresAtMs: number;
};

/** Clocks of issuers may differ from ours by this much. */
export const clockSkewMs = 60_000;

/** Cloudflare Access makes tokens for a day unless told otherwise; one for longer is no session but a key. */
const maxLifetimeMs = 24 * 60 * 60 * 1000;

/** Of OpenID Connect Core 2, which issuers keep to; the longest address is RFC 5321's. */
const maxSubjectLength = 255;
const maxEmailLength = 254;
const maxAudiences = 16;

const shape = /^([\w-]+)\.([\w-]+)\.([\w-]{43,1400})$/;

/** Headers that would choose the key, or change what is signed. None of them is ever followed. */
const closedHeaders = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'];

/** Reads a token of an issuer; null when it cannot be one. Nobody is asked for that. */
export function readIdentityToken(token: string): UnverifiedIdentity | null {
  if (token.length > maxAuthorizationLength) return null;
  const [, head = '', body = '', signature = ''] = shape.exec(token) ?? [];
  const header = decodeJson(head);
  const claims = decodeJson(body);
  if (header === null || claims === null || closedHeaders.some((name) => Object.hasOwn(header, name))) return null;
  const { alg, kid } = header;
  const bytes = decodeBase64Url(signature);
  if (typeof alg !== 'string' || typeof kid !== 'string' || kid === '' || bytes === null) return null;
  const audiences = typeof claims.aud === 'string' ? [claims.aud] : claims.aud;
  if (typeof claims.iss !== 'string' || !isTextList(audiences)) return null;
  const signedText = `${head}.${body}`;
  return { algorithm: alg, keyId: kid, issuer: claims.iss, audiences, claims, signedText, signature: bytes };
}

/** The algorithm to check a token's signature with; null when the issuer does not sign so. */
export function algorithmOf({ algorithm }: UnverifiedIdentity, { algorithms }: Issuer): PublicKeyAlgorithm | null {
  return algorithms.find((allowed) => allowed === algorithm) ?? null;
}

/** Whom a token speaks of whose signature is good; null when it is over, not yet good, or not for this audience. */
export function identityOf(token: UnverifiedIdentity, issuer: Issuer, nowMs: number): Identity | null {
  if (token.issuer !== issuer.issuer || !token.audiences.includes(issuer.audience)) return null;
  const { sub, exp, nbf, iat, email } = token.claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > maxSubjectLength) return null;
  if (!isSeconds(exp)) return null;
  const expiresAtMs = exp * 1000;
  if (expiresAtMs + clockSkewMs <= nowMs || expiresAtMs - nowMs > maxLifetimeMs + clockSkewMs) return null;
  const isEarly = (claim: unknown) => claim !== undefined && !(isSeconds(claim) && claim * 1000 <= nowMs + clockSkewMs);
  if (isEarly(nbf) || isEarly(iat)) return null;
  const isChecked = issuer.hasCheckedEmails || token.claims.email_verified === true;
  const isAddress = typeof email === 'string' && email.includes('@') && email.length <= maxEmailLength;
  return {
    issuer: issuer.issuer,
    subject: sub,
    email: isChecked && isAddress ? email.toLowerCase() : null,
    expiresAtMs: expiresAtMs + clockSkewMs,
  };
}

const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

function isTextList(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxAudiences) return false;
  return value.every((text) => typeof text === 'string' && text !== '');
}

function decodeJson(part: string): Record<string, unknown> | null {
  const bytes = decodeBase64Url(part);
  const text = bytes === null ? null : decodeUtf8(bytes);
  try {
    const value: unknown = text === null ? null : JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function decodeBase64Url(part: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
  } catch {
    return null;
  }
}

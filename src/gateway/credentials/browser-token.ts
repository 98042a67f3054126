import type { Principal } from '../../authorization/principal.ts';
import {
  checkCapabilities,
  compileCapabilities,
  type TokenCapability,
  tokenOperations,
} from '../../authorization/token-capabilities.ts';
import { decodeUtf8 } from '../../json/utf8-text.ts';
import { limits } from '../../limits.ts';
import type { Signer } from '../../platform/signer.ts';
import { organizationOfTokenSigner } from '../../tenancy/api-key-text.ts';

/** The claims of a browser token: a JWT (RFC 7519), signed with HS256. */
export type TokenClaims = {
  /** Seconds since 1970. */
  readonly exp: number;
  readonly cap: readonly TokenCapability[];
  /** Who it was made for, for the organization's own use. */
  readonly sub?: string | undefined;
  readonly jti?: string | undefined;
};

/** A token that has the form of one, with the signature still to be checked. */
export type UnverifiedToken = {
  readonly kid: string;
  readonly orgId: string;
  readonly claims: TokenClaims;
  /** What the signature covers, and the signature. */
  readonly signedText: string;
  readonly signature: string;
};

/** Clocks of programs that make tokens may be ahead by this much. */
const clockSkewMs = 60_000;

const shape = /^([\w-]{1,400})\.([\w-]{1,7000})\.([\w-]{43})$/;

/**
 * Reads a browser token; null when it cannot be a good one: another algorithm, an id that this platform did not issue, a
 * claim that is missing or of another kind, over, or good for longer than tokens may be. No object is asked for that.
 */
export function readBrowserToken(token: string, signer: Signer, nowMs: number): UnverifiedToken | null {
  const [, head = '', body = '', signature = ''] = shape.exec(token) ?? [];
  const header = decodeJson(head);
  // Only what this platform writes: no other algorithm, and no header that names a key to be fetched.
  if (header?.alg !== 'HS256' || typeof header.kid !== 'string') return null;
  if (Object.keys(header).some((name) => !['alg', 'kid', 'typ'].includes(name))) return null;
  const orgId = organizationOfTokenSigner(header.kid, signer);
  const claims = orgId === null ? null : readClaims(decodeJson(body), nowMs);
  if (orgId === null || claims === null) return null;
  return { kid: header.kid, orgId, claims, signedText: `${head}.${body}`, signature };
}

/** Signs a token; {@link readBrowserToken} reads it. */
export function signBrowserToken(kid: string, claims: TokenClaims, secretSigner: Signer): string {
  const signedText = `${encodeJson({ alg: 'HS256', typ: 'JWT', kid })}.${encodeJson(claims)}`;
  return `${signedText}.${secretSigner.sign(signedText)}`;
}

/** On whose behalf a verified token speaks: its key's, narrowed to its capabilities. */
export function tokenPrincipal(parent: Principal, signerId: string, { cap, exp }: TokenClaims): Principal {
  const expMs = exp * 1000;
  return {
    ...parent,
    ...compileCapabilities(cap, parent.id),
    kind: 'browser_token',
    signerId,
    expiresAtMs: parent.expiresAtMs === null ? expMs : Math.min(expMs, parent.expiresAtMs),
  };
}

function readClaims(claims: Record<string, unknown> | null, nowMs: number): TokenClaims | null {
  if (claims === null || typeof claims.exp !== 'number' || !Number.isSafeInteger(claims.exp)) return null;
  const leftMs = claims.exp * 1000 - nowMs;
  if (leftMs <= 0 || leftMs > limits.browserTokenLifetimeMs.value + clockSkewMs) return null;
  const { nbf } = claims;
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf * 1000 > nowMs + clockSkewMs)) return null;
  if (!Array.isArray(claims.cap) || !claims.cap.every(isCapability)) return null;
  return checkCapabilities(claims.cap).ok ? { exp: claims.exp, cap: claims.cap } : null;
}

const capabilityFields: ReadonlySet<string> = new Set(['topic', 'prefix', 'ops', 'key_prefix']);

/** A field that is not known might have been meant to narrow, so it makes the token no good. */
function isCapability(value: unknown): value is TokenCapability {
  if (typeof value !== 'object' || value === null) return false;
  const { topic, prefix, ops, key_prefix: keyPrefix } = value as Record<string, unknown>;
  return (
    Object.keys(value).every((field) => capabilityFields.has(field)) &&
    [topic, prefix, keyPrefix].every((text) => text === undefined || typeof text === 'string') &&
    Array.isArray(ops) &&
    ops.every((op) => tokenOperations.includes(op))
  );
}

function decodeJson(part: string): Record<string, unknown> | null {
  try {
    const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
    const text = decodeUtf8(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
    const value: unknown = text === null ? null : JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function encodeJson(value: unknown): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value)));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

import type { KeyScope } from '../authorization/key-scopes.ts';
import type { Role } from '../authorization/roles.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';

/** What SASL SCRAM needs of a password, so that the password itself is not kept (RFC 5802, RFC 7677). */
export type ScramCredential = {
  /** All in base64. */
  readonly salt: string;
  readonly iterations: number;
  readonly storedKey: string;
  readonly serverKey: string;
};

export type ScramCredentials = { readonly sha256: ScramCredential; readonly sha512: ScramCredential };

/** The salts of a key's secrets, which they share. */
export type ScramSalts = { readonly [Mechanism in keyof ScramCredentials]: string };

/** One secret of a key. Its text was shown once, and is not kept. */
export type ApiKeySecret = {
  /** Counts up from 1 in its key. */
  readonly number: number;
  /** {@link passwordDigest} of its password. */
  readonly digest: string;
  /** The last four letters, by which a person tells secrets apart. */
  readonly last4: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
};

/** An API key: who it is, what it may do, and its secrets, of which at most two live at a time. */
export type ApiKey = {
  readonly keyId: string;
  readonly clusterId: string;
  readonly name: string;
  /** A role instead of scopes; null when the scopes say what the key may do. */
  readonly role: Role | null;
  readonly scopes: readonly KeyScope[];
  /** The principal that made it. */
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  /** Within an hour or so; null before it was used. */
  readonly lastUsedAtMs: number | null;
  readonly secrets: readonly ApiKeySecret[];
};

export type ApiKeyStatus = 'active' | 'expired' | 'revoked';

/** How many secrets of a key may live at once: the old one and the one that replaces it. */
const liveSecretsMax = 2;

/** Last use is written this seldom, so that using a key does not cost a row. */
export const lastUseGrainMs = 60 * 60 * 1000;

export function apiKeyStatus(key: ApiKey, nowMs: number): ApiKeyStatus {
  if (key.revokedAtMs !== null) return 'revoked';
  return key.expiresAtMs !== null && key.expiresAtMs <= nowMs ? 'expired' : 'active';
}

/** The secrets of a key that still count. */
export function liveSecrets(key: ApiKey, nowMs: number): ApiKeySecret[] {
  return key.secrets.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs);
}

/** A secret that opens its key, and when that ceases to be so, in ms since 1970; null when it does not by itself. */
export type AdmittedSecret = { readonly number: number; readonly endsAtMs: number | null };

/** The secret with this digest; null when the key is no good with it now. Every live one is compared, whatever the first says. */
export function admitSecret(key: ApiKey, digest: string, nowMs: number): AdmittedSecret | null {
  const matching = liveSecrets(key, nowMs).filter((secret) => isSameDigest(secret.digest, digest));
  const [secret] = matching;
  return secret === undefined ? null : admitted(key, secret, nowMs);
}

/** The secret of that number, as {@link admitSecret} does where it was presented before. */
export function admitSecretAgain(key: ApiKey, number: number, nowMs: number): AdmittedSecret | null {
  const secret = liveSecrets(key, nowMs).find((one) => one.number === number);
  return secret === undefined ? null : admitted(key, secret, nowMs);
}

function admitted(key: ApiKey, { number, expiresAtMs }: ApiKeySecret, nowMs: number): AdmittedSecret | null {
  if (apiKeyStatus(key, nowMs) !== 'active') return null;
  return { number, endsAtMs: earlier(key.expiresAtMs, expiresAtMs) };
}

/** What rotating a key does: which secrets go, when the others end, and the number of the new one. */
export type RotationPlan = {
  readonly number: number;
  /** Secrets that are over: their rows go. */
  readonly dropped: readonly number[];
  /** When each remaining secret ends, by its number. */
  readonly endings: ReadonlyMap<number, number>;
};

/**
 * Decides a rotation: the secret in use ends after `overlapMs`, during which both are good. LIMIT_REACHED while two
 * secrets live, so that no deployed one is cut off unnoticed; without overlap it cuts off all, as after a leak.
 */
export function decideRotation(key: ApiKey, overlapMs: number, nowMs: number): Result<RotationPlan> {
  const status = apiKeyStatus(key, nowMs);
  if (status !== 'active') {
    return failed('INVALID_REQUEST', `API key ${key.keyId} is ${status}; create another one instead of rotating it.`);
  }
  const live = liveSecrets(key, nowMs);
  if (live.length >= liveSecretsMax && overlapMs > 0) {
    const endsAtMs = Math.min(...live.map(({ expiresAtMs }) => expiresAtMs ?? Number.POSITIVE_INFINITY));
    return failed(
      'LIMIT_REACHED',
      `API key ${key.keyId} has two live secrets already; the older one ends at ${new Date(endsAtMs).toISOString()}. Rotate again after that, or with overlap_ms 0, which ends both at once.`,
      { retry_after_ms: Math.max(0, endsAtMs - nowMs) },
    );
  }
  const kept = new Set(live.map(({ number }) => number));
  return ok({
    number: Math.max(0, ...key.secrets.map(({ number }) => number)) + 1,
    dropped: key.secrets.map(({ number }) => number).filter((number) => !kept.has(number)),
    endings: new Map(live.map(({ number, expiresAtMs }) => [number, earlier(expiresAtMs, nowMs + overlapMs)!])),
  });
}

/** Checks how long a key, or the old secret of a rotated one, shall be good. */
export function checkLifetime(field: string, lifetimeMs: number, minMs: number): Result<number> {
  const max = limits.apiKeyLifetimeMs.value;
  if (Number.isInteger(lifetimeMs) && lifetimeMs >= minMs && lifetimeMs <= max) return ok(lifetimeMs);
  return failed('INVALID_REQUEST', `${field} is ${minMs} to ${max} ms, not ${lifetimeMs}.`, { field, min: minMs, max });
}

function earlier(left: number | null, right: number | null): number | null {
  if (left === null) return right;
  return right === null ? left : Math.min(left, right);
}

/** Digests have one length, so the time this takes says nothing about where they differ. */
function isSameDigest(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index += 1) {
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index % Math.max(1, right.length));
  }
  return difference === 0;
}

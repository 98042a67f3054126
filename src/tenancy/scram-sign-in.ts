import type { Principal } from '../authorization/principal.ts';
import type { ScramCredential, ScramCredentials } from './api-key.ts';

/** One secret of a key, as a SCRAM conversation proves it; all in base64. */
export type ScramProof = Pick<ScramCredential, 'storedKey' | 'serverKey'> & {
  readonly number: number;
  readonly expiresAtMs: number | null;
};

/** What an edge needs to let a key in by SCRAM: what it tells the client, and what it compares the proof with. */
export type ScramSignIn = Pick<ScramCredential, 'salt' | 'iterations'> & {
  readonly proofs: readonly ScramProof[];
  /** Whom the key stands for; it ends no later than the secret that is proved. */
  readonly principal: Principal;
};

/** A secret's stored credentials, with its number and when it ends. */
export type StoredScram = {
  readonly number: number;
  readonly scram: ScramCredentials;
  readonly expiresAtMs: number | null;
};

/**
 * What a client of a mechanism is told, and the secrets that it may prove then: those that were salted alike. A rotated
 * key keeps its salts, so that either of its secrets is good. Null when the key has none.
 */
export function scramChallenge(
  secrets: readonly StoredScram[],
  mechanism: keyof ScramCredentials,
): Omit<ScramSignIn, 'principal'> | null {
  const newest = secrets.at(-1)?.scram[mechanism];
  if (newest === undefined) return null;
  const { salt, iterations } = newest;
  const proofs = secrets
    .map(({ number, scram, expiresAtMs }) => ({ ...scram[mechanism], number, expiresAtMs }))
    .filter((one) => one.salt === salt && one.iterations === iterations)
    .map(({ storedKey, serverKey, number, expiresAtMs }) => ({ storedKey, serverKey, number, expiresAtMs }));
  return { salt, iterations, proofs };
}

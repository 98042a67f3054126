import { type Failed, failed, type Result } from '../errors/result.ts';
import type { Principal } from './principal.ts';

/** Who says whether a principal still holds: the organization. Objects ask it on behalf of the sockets they hold. */
export interface PrincipalAuthority {
  /** How often what anyone may do has changed. */
  epoch(orgId: string): Promise<Result<number>>;
  /** The principal as it is now; a failure when nobody has the id, or its key was revoked or has expired. */
  find(orgId: string, clusterId: string, principalId: string): Promise<Result<Principal>>;
}

/** Open mode's: nobody is ever asked for. */
export const noAuthority: PrincipalAuthority = {
  epoch: async () => ({ ok: true, value: 0 }),
  find: async (_orgId, _clusterId, principalId) => ({
    ok: false,
    error: { code: 'SASL_AUTHENTICATION_FAILED', message: `Nobody has the id ${principalId}.` },
  }),
};

/** A held principal is looked at again this long after it was last found good: as long as an edge believes one. */
export const recheckMs = 4_000;

/** Without having been found good for this long, nothing is done on its behalf any more. */
export const maxUncheckedMs = 25_000;

/** What is held on behalf of a principal, with when that was last found good. */
export type HeldPrincipal = { principal: Principal; checkedAtMs: number };

/**
 * Looks at all that is held at once: answers those whose principals are gone, and gives the others what they may do now.
 * A token keeps its own bounds, whatever its key may by now. Fails when the organization cannot be asked.
 */
export async function recheckPrincipals<Held extends HeldPrincipal>(
  authority: PrincipalAuthority,
  held: readonly Held[],
  nowMs: () => number,
): Promise<Result<readonly Held[]>> {
  const askedAtMs = nowMs();
  const gone: Held[] = [];
  for (const [orgId, ofOne] of Map.groupBy(held, ({ principal }) => principal.orgId)) {
    const epoch = await authority.epoch(orgId);
    if (!epoch.ok && epoch.error.code !== 'WRONG_OBJECT') return epoch;
    for (const same of Map.groupBy(ofOne, ({ principal }) => `${principal.clusterId} ${principal.id}`).values()) {
      const stale = same.filter(({ principal }) => !epoch.ok || principal.epoch !== epoch.value);
      const [first] = stale;
      const found =
        first === undefined ? null : await authority.find(orgId, first.principal.clusterId, first.principal.id);
      if (found !== null && !found.ok && isPassing(found.error.code)) return found;
      for (const one of stale) {
        if (found?.ok === true) one.principal = renewed(one.principal, found.value);
        else gone.push(one);
      }
      for (const one of same) one.checkedAtMs = askedAtMs;
    }
  }
  return { ok: true, value: gone };
}

/** Says nothing of the principal: the organization could not be asked. */
const isPassing = (code: string): boolean => code === 'OVERLOADED' || code === 'UNKNOWN_OUTCOME';

function renewed(held: Principal, now: Principal): Principal {
  const { kind, narrowing, recordKeyRules, expiresAtMs, host } = held;
  const isEarlier = expiresAtMs !== null && (now.expiresAtMs === null || expiresAtMs < now.expiresAtMs);
  return { ...now, kind, narrowing, recordKeyRules, host, expiresAtMs: isEarlier ? expiresAtMs : now.expiresAtMs };
}

/** What a socket is told before it is closed because nobody vouches for it any more. */
export const credentialIsOver = (): Failed =>
  failed(
    'SASL_AUTHENTICATION_FAILED',
    'The credential of this socket has expired or was revoked; connect again with a valid one.',
  );

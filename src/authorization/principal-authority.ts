import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import type { ExcessConnections, HeldConnections } from './connection-cap.ts';
import type { Principal } from './principal.ts';

/** Whom an object asks about: by the id, for a token besides by what it was signed with, for a key by which secret. */
export type PrincipalQuestion = {
  readonly clusterId: string;
  readonly principalId: string;
  readonly signerId: string | null;
  readonly secretNumber?: number;
};

/** Questions in one call: an answer has a principal each, with its rules. */
export const questionsPerCall = 200;

/** Who says whether a principal still holds: the organization. Objects ask it on behalf of the sockets they hold. */
export interface PrincipalAuthority {
  /** How often what anyone may do has changed. The organization has whoever asks look again when rights are taken. */
  epoch(orgId: string): Promise<Result<number>>;
  /** The principals as they are now, in the order of the questions; null where it is nobody, or no more. */
  find(orgId: string, asked: readonly PrincipalQuestion[]): Promise<Result<readonly (Principal | null)[]>>;
  /** Tells how many connections are held for each account; answers how many of them have to end. */
  connections(orgId: string, held: readonly HeldConnections[]): Promise<Result<readonly ExcessConnections[]>>;
}

/** That for one connection, whose end is the end of who asks. */
export interface ConnectionAuthority extends PrincipalAuthority {
  /** The connection is over: it has not to be told of anything. */
  leave(orgId: string): Promise<Result<null>>;
}

/** Open mode's: nobody is ever asked for. */
export const noAuthority: ConnectionAuthority = {
  epoch: async () => ({ ok: true, value: 0 }),
  find: async (_orgId, asked) => ({ ok: true, value: asked.map(() => null) }),
  connections: async () => ({ ok: true, value: [] }),
  leave: async () => ({ ok: true, value: null }),
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
    const stale = ofOne.filter(({ principal }) => !epoch.ok || principal.epoch !== epoch.value);
    const now = epoch.ok ? await findAll(authority, orgId, stale) : ok(new Map<string, Principal | null>());
    if (!now.ok) return now;
    for (const one of stale) {
      const found = now.value.get(nameOf(one.principal)) ?? null;
      if (found === null) gone.push(one);
      else one.principal = renewed(one.principal, found);
    }
    for (const one of ofOne) one.checkedAtMs = askedAtMs;
  }
  return ok(gone);
}

/** Asks once for all who are the same, and for many in one call. */
async function findAll(
  authority: PrincipalAuthority,
  orgId: string,
  held: readonly HeldPrincipal[],
): Promise<Result<ReadonlyMap<string, Principal | null>>> {
  const questions = [...new Map(held.map(({ principal }) => [nameOf(principal), questionOf(principal)]))];
  const found = new Map<string, Principal | null>();
  for (let from = 0; from < questions.length; from += questionsPerCall) {
    const asked = questions.slice(from, from + questionsPerCall);
    const answer = await authority.find(
      orgId,
      asked.map(([, question]) => question),
    );
    if (!answer.ok) return answer;
    for (const [index, [name]] of asked.entries()) found.set(name, answer.value[index] ?? null);
  }
  return ok(found);
}

const nameOf = ({ clusterId, id, signerId, secretNumber }: Principal): string =>
  JSON.stringify([clusterId, id, signerId, secretNumber]);

const questionOf = ({ clusterId, id, signerId, secretNumber }: Principal): PrincipalQuestion => ({
  clusterId,
  principalId: id,
  signerId: signerId ?? null,
  ...(secretNumber === undefined ? {} : { secretNumber }),
});

function renewed(held: Principal, now: Principal): Principal {
  const { kind, narrowing, recordKeyRules, expiresAtMs, host, signerId, secretNumber } = held;
  const isEarlier = expiresAtMs !== null && (now.expiresAtMs === null || expiresAtMs < now.expiresAtMs);
  const ends = isEarlier ? expiresAtMs : now.expiresAtMs;
  return { ...now, kind, narrowing, recordKeyRules, host, signerId, secretNumber, expiresAtMs: ends };
}

/** What a socket is told before it is closed because nobody vouches for it any more. */
export const credentialIsOver = (): Failed =>
  failed(
    'SASL_AUTHENTICATION_FAILED',
    'The credential of this socket has expired or was revoked; connect again with a valid one.',
  );

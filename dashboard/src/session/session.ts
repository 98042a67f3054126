import { type Client, createClient, MillraceError } from '../../../src/client/index.ts';
import type { SessionJson, SessionRight } from '../../../src/contracts/session.ts';
import { credentialFor, type StoredCredential, storeCredential, storedCredentials } from './credentials.ts';

/** Who looks, at which cluster, with the client that asks on their behalf. */
export type Session = SessionJson & {
  readonly client: Client;
  readonly credential: string | null;
  may(right: SessionRight): boolean;
};

/** Opens a session with a credential, or without one at an open platform. Rejects with the platform's refusal. */
export async function openSession(credential: string | null): Promise<Session> {
  const client = createClient({ url: location.origin, credential: credential ?? undefined });
  const described = await client.session();
  const rights = new Set<SessionRight>(described.rights);
  return { ...described, client, credential, may: (right) => rights.has(right) };
}

/** Signs in: a credential that the platform knows is kept for this tab. */
export async function signIn(credential: string): Promise<Session> {
  const session = await openSession(credential.trim());
  storeCredential(storedOf(session, credential.trim()));
  return session;
}

function storedOf(session: Session, credential: string): StoredCredential {
  const { organization_id: orgId, cluster_id: clusterId, principal } = session;
  return { orgId, clusterId, label: principal.replace(/^User:/, ''), credential };
}

/** Where the dashboard begins: the cluster used last, or that of an open platform; null when somebody must sign in. */
export async function firstSession(): Promise<Session | null> {
  for (const { credential } of storedCredentials()) {
    const session = await openSession(credential).catch(refusedAsNull);
    if (session !== null) return session;
  }
  return openSession(null).catch(refusedAsNull);
}

/** The session for the cluster that an address names; null where this tab has none for it. */
export async function sessionFor(orgId: string, clusterId: string): Promise<Session | null> {
  const stored = credentialFor(orgId, clusterId);
  const session = await openSession(stored?.credential ?? null).catch(refusedAsNull);
  return session?.organization_id === orgId && session.cluster_id === clusterId ? session : null;
}

function refusedAsNull(thrown: unknown): null {
  if (thrown instanceof MillraceError && thrown.status === 401) return null;
  throw thrown;
}

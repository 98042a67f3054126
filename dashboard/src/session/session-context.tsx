import { createContext, type ReactNode, useContext } from 'react';
import type { Session } from './session.ts';

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ session, children }: { readonly session: Session; readonly children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** The session of the page; every query's key begins with {@link useScope}. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('this component stands outside of a cluster');
  return session;
}

/** What a query is asked of: the first part of every query key, so that no cluster's answers show up in another. */
export function useScope(): readonly [string, string] {
  const { organization_id: orgId, cluster_id: clusterId } = useSession();
  return [orgId, clusterId];
}

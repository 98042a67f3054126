import type { QueryClient } from '@tanstack/react-query';
import { forgetCluster, isKnown } from './known-clusters.ts';
import { isSignedOut } from './session.ts';

/**
 * Tells when the platform answers a page of a cluster that nobody is signed in to it any more: the session ended, its key
 * was revoked, or another tab signed out. Pages ask under keys that begin with the organization and the cluster.
 */
export function onSignedOut(client: QueryClient, tell: () => void): void {
  client.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated' || event.action.type !== 'error' || !isSignedOut(event.action.error)) return;
    const [orgId, clusterId] = event.query.queryKey;
    // Of the questions of a page the first answer is enough.
    if (typeof orgId === 'string' && typeof clusterId === 'string' && isKnown(orgId, clusterId)) {
      forgetCluster({ orgId, clusterId });
      tell();
    }
  });
}

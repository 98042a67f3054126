/**
 * A cluster that this browser was signed in to. Nothing here opens anything: what does is in cookies that no script reads,
 * and this only says which of them there may be.
 */
export type KnownCluster = {
  readonly orgId: string;
  readonly clusterId: string;
  /** How people call it: the organization's name and the cluster's, or their ids. */
  readonly name: string;
  /** Who is signed in to it. */
  readonly principal: string;
};

const storageKey = 'millrace.clusters';

/** The one used last first. */
export function knownClusters(): readonly KnownCluster[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(stored) ? (stored as KnownCluster[]) : [];
  } catch {
    return [];
  }
}

export function isKnown(orgId: string, clusterId: string): boolean {
  return knownClusters().some((known) => known.orgId === orgId && known.clusterId === clusterId);
}

/** Keeps a cluster, first in the list. */
export function rememberCluster(cluster: KnownCluster): void {
  keep([cluster, ...others(cluster)]);
}

export function forgetCluster(cluster: Pick<KnownCluster, 'orgId' | 'clusterId'>): void {
  keep(others(cluster));
}

function others({ orgId, clusterId }: Pick<KnownCluster, 'orgId' | 'clusterId'>): readonly KnownCluster[] {
  return knownClusters().filter((known) => known.orgId !== orgId || known.clusterId !== clusterId);
}

function keep(clusters: readonly KnownCluster[]): void {
  localStorage.setItem(storageKey, JSON.stringify(clusters));
}

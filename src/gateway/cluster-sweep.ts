import type { DirectoryRpc } from '../tenancy/directory-rpc.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';

/** A sweep asks each cluster once, and a run of the Worker may make so many calls. */
const clustersPerSweep = 500;

const clustersPerPage = 100;

/**
 * The clusters that one sweep looks after: all of them, or, where there are more than it can ask, as many from `start`
 * on, a random place in the order of their ids, so that each has its turn.
 */
export async function clustersToSweep(directory: DirectoryRpc, start: string): Promise<ClusterRef[]> {
  const clusters = new Map<string, ClusterRef>();
  let after: string | null = start;
  let hasWrapped = false;
  while (clusters.size < clustersPerSweep) {
    const page = await directory.listClusters({ after, limit: clustersPerPage });
    if (!page.ok) break;
    const known = clusters.size;
    for (const cluster of page.value.clusters) clusters.set(cluster.clusterId, cluster);
    after = page.value.next;
    if (after !== null && (known < clusters.size || !hasWrapped)) continue;
    if (hasWrapped) break;
    hasWrapped = true;
  }
  return [...clusters.values()].slice(0, clustersPerSweep);
}

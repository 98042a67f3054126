import type { ClusterRef } from './catalog-rpc.ts';

/**
 * The name of a cluster's Durable Object. Cluster ids are unique over all organizations, and the length before the id
 * keeps the name apart from every other kind's.
 */
export function clusterObjectName(cluster: ClusterRef): string {
  return `v1C${cluster.clusterId.length}:${cluster.clusterId}`;
}

import type { ClusterRef } from './catalog-rpc.ts';

/**
 * The name of a cluster's Durable Object. Cluster ids are unique over all organizations, and the length before the id
 * keeps the name apart from every other kind's.
 */
export function clusterObjectName(cluster: ClusterRef): string {
  return `v1C${cluster.clusterId.length}:${cluster.clusterId}`;
}

/** Whether the object of this name is the cluster's. Who belongs to no cluster, as the operator, has no object either. */
export function isClusterObject(name: string | undefined, cluster: ClusterRef): boolean {
  return cluster.clusterId !== '' && name === clusterObjectName(cluster);
}

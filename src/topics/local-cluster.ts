import type { ClusterRef } from './catalog-rpc.ts';

/** The one cluster of the open local platform. Its ids never change: with credentials it finds the same data. */
export const localCluster: ClusterRef = { orgId: 'local', clusterId: 'local' };

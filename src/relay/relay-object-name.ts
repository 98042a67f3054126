import type { ClusterRef } from '../topics/catalog-rpc.ts';

/** Which relay: the cluster whose topics its sockets read, and one of the few that share the cluster's sockets. */
export type RelayRef = { readonly cluster: ClusterRef; readonly shard: number };

/** The name of a relay's Durable Object: injective over its parts, since each is preceded by its length. */
export function relayObjectName(ref: RelayRef): string {
  const parts = [ref.cluster.orgId, ref.cluster.clusterId, String(ref.shard)];
  return `v1R${parts.map((part) => `${part.length}:${part}`).join('')}`;
}

/**
 * Reads {@link relayObjectName} back, so that a relay knows whose it is from its own name and nothing a caller sends.
 * Null for any other text.
 */
export function parseRelayObjectName(name: string): RelayRef | null {
  if (!name.startsWith('v1R')) return null;
  const parts: string[] = [];
  let at = 3;
  while (at < name.length && parts.length < 3) {
    const colon = name.indexOf(':', at);
    if (colon === -1) return null;
    const end = colon + 1 + Number(name.slice(at, colon));
    parts.push(name.slice(colon + 1, end));
    at = end;
  }
  const [orgId, clusterId, shard] = parts;
  if (orgId === undefined || clusterId === undefined || shard === undefined) return null;
  const ref = { cluster: { orgId, clusterId }, shard: Number(shard) };
  return relayObjectName(ref) === name ? ref : null;
}

import { pathParameter, type RestCall } from '../rest-call.ts';

type Segment = string | number;

/** The URL of something of this cluster: `clusterUrl(call, 'topics', 'orders')`. */
export function clusterUrl(call: RestCall, ...segments: readonly Segment[]): string {
  const path = ['clusters', call.services.cluster.clusterId, ...segments].map((part) => encodeURIComponent(part));
  return `${call.base}/v3/${path.join('/')}`;
}

export const related = (url: string) => ({ related: url });

/** What every resource begins with; `name` continues the cluster's resource name: `[['topic', 'orders']]`. */
export function resourceOf<const Kind extends string>(
  call: RestCall,
  kind: Kind,
  self: string,
  name: readonly (readonly [kind: string, id: Segment])[] = [],
) {
  const { clusterId } = call.services.cluster;
  const parts = [['kafka', clusterId] as const, ...name].map(([part, id]) => `${part}=${encodeURIComponent(id)}`);
  return { kind, metadata: { self, resource_name: `crn:///${parts.join('/')}` }, cluster_id: clusterId };
}

/** A list at its URL; `next` is the URL of the page after it. */
export function listAt<Item>(kind: string, self: string, data: readonly Item[], next: string | null = null) {
  return { kind, metadata: { self, next }, data };
}

export const topicOf = (call: RestCall) => pathParameter(call, 'topic_name');

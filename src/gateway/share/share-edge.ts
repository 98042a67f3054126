import { failed, ok, type Result } from '../../errors/result.ts';
import type { ShareConfigChange, ShareGroupDescription, ShareGroupRpc } from '../../groups/share/share-group-rpc.ts';
import type { SharePartitionDescription, SharePartitionRpc } from '../../groups/share/share-partition-rpc.ts';
import type { ShareGroupRef, SharePartitionRef } from '../../groups/share/share-ref.ts';
import type { ClusterRef } from '../../topics/catalog-rpc.ts';
import type { Edge } from '../edge.ts';
import type { TopicRoutes } from '../ports.ts';
import { inWaves } from '../waves.ts';
import { ShareGroupCaller, SharePartitionCaller } from './share-callers.ts';
import { ShareConsumer } from './share-consumer.ts';
import type { ShareGroupMemory } from './share-group-memory.ts';
import { ShareRecords } from './share-records.ts';

export type ShareEdgePorts = {
  readonly edge: Pick<Edge, 'routes' | 'reader'>;
  readonly cluster: ClusterRef;
  /** A new stub for each call. */
  readonly group: (ref: ShareGroupRef) => ShareGroupRpc;
  readonly partition: (ref: SharePartitionRef) => SharePartitionRpc;
  readonly random: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly newId: () => string;
  /** Outlives a request. */
  readonly memory: ShareGroupMemory;
};

/** How one partition stands in a share group; null before the group has begun it. */
export type SharePartitionStanding = {
  readonly topic: string;
  readonly partition: number;
  readonly standing: SharePartitionDescription | null;
};

/** The share groups of one cluster as an edge reaches them. */
export type ShareEdge = {
  readonly groups: ShareGroupRpc;
  readonly consumer: ShareConsumer;
  /** INVALID_CONFIG when letters could not be written there. */
  readonly checkDeadLetterTopic: (change: ShareConfigChange) => Promise<Result<null>>;
  readonly standings: (description: ShareGroupDescription) => Promise<Result<readonly SharePartitionStanding[]>>;
};

export function createShareEdge(ports: ShareEdgePorts): ShareEdge {
  const { edge, cluster, random, pause, newId, memory } = ports;
  const groups = new ShareGroupCaller({ connect: ports.group, random, pause });
  const partitions = new SharePartitionCaller({ connect: ports.partition, random, pause });
  const { routes, reader } = edge;
  const records = new ShareRecords(reader);
  return {
    groups,
    consumer: new ShareConsumer({ cluster, groups, partitions, routes, records, memory, newId, random }),
    checkDeadLetterTopic: (change) => checkDeadLetterTopic(routes, change),
    standings: (description) => standingsOf(cluster, partitions, description),
  };
}

async function checkDeadLetterTopic(routes: TopicRoutes, change: ShareConfigChange): Promise<Result<null>> {
  const { deadLetterTopic } = change;
  if (deadLetterTopic === undefined || deadLetterTopic === null) return ok(null);
  const route = await routes.find(deadLetterTopic);
  if (!route.ok) return route;
  if (route.value.config.cleanupPolicy === 'delete') return ok(null);
  return failed(
    'INVALID_CONFIG',
    `Topic "${deadLetterTopic}" is compacted, which would drop dead letters of one key; use one with cleanup.policy=delete.`,
  );
}

async function standingsOf(
  cluster: ClusterRef,
  partitions: SharePartitionRpc,
  { group, topics }: ShareGroupDescription,
): Promise<Result<readonly SharePartitionStanding[]>> {
  const places = topics.flatMap(({ topic, topicId, partitionCount }) =>
    Array.from({ length: partitionCount }, (_, partition) => ({ topic, topicId, partition })),
  );
  const { groupId, shareGroupId } = group;
  const described = await inWaves(places, ({ topicId, partition }) =>
    partitions.describe({ ...cluster, groupId, shareGroupId, topicId, partition }),
  );
  const standings: SharePartitionStanding[] = [];
  for (const [index, found] of described.entries()) {
    const { topic, partition } = places[index]!;
    // A topic that was deleted meanwhile has no standing.
    if (found.ok) standings.push({ topic, partition, standing: found.value });
    else if (found.error.code !== 'UNKNOWN_TOPIC_OR_PARTITION') return found;
  }
  return ok(standings);
}

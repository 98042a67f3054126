import { failed, ok, type Result } from '../../errors/result.ts';
import type { ShareStart } from '../../groups/share/share-config.ts';
import type { ShareConfigChange, ShareGroupDescription, ShareGroupRpc } from '../../groups/share/share-group-rpc.ts';
import type { SharePartitionDescription, SharePartitionRpc } from '../../groups/share/share-partition-rpc.ts';
import type { ShareGroupRef, SharePartitionRef } from '../../groups/share/share-ref.ts';
import type { ClusterRef } from '../../topics/catalog-rpc.ts';
import type { Edge } from '../edge.ts';
import type { TopicRoutes } from '../ports.ts';
import { inWaves } from '../waves.ts';
import { ShareGroupCaller, SharePartitionCaller } from './share-callers.ts';
import { ShareConsumer } from './share-consumer.ts';
import { ShareFetcher } from './share-fetcher.ts';
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

/** Where a partition of a share group begins after a reset. */
export type ShareReset = { readonly topic: string; readonly partition: number; readonly startOffset: number };

/** The share groups of one cluster as an edge reaches them. */
export type ShareEdge = {
  /** Begins anew elsewhere, in these topics of the group or in all of them. NON_EMPTY_GROUP. */
  readonly reset: (
    ref: ShareGroupRef,
    topics: readonly string[] | null,
    start: ShareStart,
  ) => Promise<Result<readonly ShareReset[]>>;
  readonly groups: ShareGroupRpc;
  readonly consumer: ShareConsumer;
  /** The same for clients that read batches themselves. */
  readonly fetcher: ShareFetcher;
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
  const consumer = new ShareConsumer({ cluster, groups, partitions, routes, records, memory, newId, random });
  return {
    groups,
    consumer,
    fetcher: new ShareFetcher({ cluster, consumer, partitions, reader, newId }),
    checkDeadLetterTopic: (change) => checkDeadLetterTopic(routes, change),
    reset: (ref, topics, start) => resetGroup({ groups, partitions }, ref, topics, start),
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

async function resetGroup(
  { groups, partitions }: { readonly groups: ShareGroupRpc; readonly partitions: SharePartitionRpc },
  ref: ShareGroupRef,
  topics: readonly string[] | null,
  start: ShareStart,
): Promise<Result<readonly ShareReset[]>> {
  const described = await groups.describe(ref);
  if (!described.ok) return described;
  const { group, members, topics: known } = described.value;
  if (members.length > 0) {
    return failed('NON_EMPTY_GROUP', `The share group has ${members.length} members; stop them first.`);
  }
  const unknown = topics?.find((name) => !known.some(({ topic }) => topic === name));
  if (unknown !== undefined) {
    return failed('UNKNOWN_TOPIC_OR_PARTITION', `The share group has not read topic "${unknown}".`);
  }
  const { groupId, shareGroupId, config } = group;
  const calls = known
    .filter(({ topic }) => topics === null || topics.includes(topic))
    .flatMap(({ topic, topicId, partitionCount }) =>
      Array.from({ length: partitionCount }, (_, partition) => ({
        ref: { ...ref, groupId, shareGroupId, topicId, partition },
        topic,
        config: { ...config, start },
        // What a reset asks for is no config of the group: it must not outlive the call.
        configVersion: 0,
        isAdded: false,
      })),
    );
  const resets = await inWaves(calls, (call) => partitions.reset(call));
  const done: ShareReset[] = [];
  for (const [index, reset] of resets.entries()) {
    if (!reset.ok) return reset;
    const { topic, ref: place } = calls[index]!;
    done.push({ topic, partition: place.partition, startOffset: reset.value.startOffset });
  }
  return ok(done);
}

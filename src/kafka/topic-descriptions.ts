import { checkAccess } from '../authorization/access-check.ts';
import { type Failure, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { FoundTopics, TopicSummary } from '../topics/catalog-rpc.ts';
import type { KafkaCall } from './kafka-api.ts';
import { type BrokerList, brokerFor } from './kafka-services.ts';
import { noError, wireErrorOf } from './wire-error.ts';

/** A topic as clients are told of it. */
export type DescribedTopic = TopicSummary & {
  /** The leader epochs of the partitions that are not in epoch 0. */
  readonly leaderEpochs: ReadonlyMap<number, number>;
};

/** The topics of these names or ids that there are, whoever asks. */
export async function findDescribed(
  { services }: KafkaCall,
  wanted: { readonly names: readonly string[] } | { readonly ids: readonly string[] },
): Promise<Result<DescribedTopic[]>> {
  if (('ids' in wanted ? wanted.ids : wanted.names).length === 0) return ok([]);
  const found = await services.catalog.findTopics(services.cluster, wanted);
  return found.ok ? ok(describe(found.value)) : found;
}

/** All topics that the principal may see, in the order of their names. */
export async function allDescribed({ services }: KafkaCall): Promise<Result<DescribedTopic[]>> {
  const { catalog, cluster, principal } = services;
  const limit = limits.topicsPerPage.max;
  const topics: DescribedTopic[] = [];
  for (let after: string | null = null; ; ) {
    const page: Result<FoundTopics> = await catalog.findTopics(cluster, { prefix: '', limit, after });
    if (!page.ok) return page;
    const mayDescribe = (resourceName: string) =>
      checkAccess(principal, { operation: 'DESCRIBE', resourceType: 'TOPIC', resourceName }).ok;
    topics.push(...describe(page.value).filter(({ topic }) => mayDescribe(topic)));
    if (page.value.next === null) return ok(topics);
    after = page.value.next;
  }
}

/** A partition as clients are told of it: every one has a leader, which is its only replica. */
export function partitionAnswer(brokers: BrokerList, { leaderEpochs }: DescribedTopic, partitionIndex: number) {
  const { nodeId } = brokerFor(brokers, partitionIndex);
  return {
    errorCode: noError,
    partitionIndex,
    leaderId: nodeId,
    leaderEpoch: leaderEpochs.get(partitionIndex) ?? 0,
    replicaNodes: [nodeId],
    isrNodes: [nodeId],
    offlineReplicas: [],
  };
}

/** A topic that cannot be shown, as it was asked for. */
export const refusedTopic = (asked: { readonly name: string | null; readonly topicId: string }, failure: Failure) => ({
  errorCode: wireErrorOf(failure),
  name: asked.name,
  topicId: asked.topicId,
  partitions: [],
});

function describe({ topics, raisedEpochs }: FoundTopics): DescribedTopic[] {
  const raised = Map.groupBy(raisedEpochs, ({ topicId }) => topicId);
  return topics.map((topic) => {
    const own = raised.get(topic.topicId) ?? [];
    return { ...topic, leaderEpochs: new Map(own.map(({ partition, leaderEpoch }) => [partition, leaderEpoch])) };
  });
}

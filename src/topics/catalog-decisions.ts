import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { type Caps, checkCap } from '../limits/caps.ts';
import { limits } from '../limits.ts';
import type {
  AlterTopicRequest,
  CreateTopicRequest,
  ListTopicsRequest,
  TopicDescription,
  TopicSummary,
} from './catalog-rpc.ts';
import { changeTopicConfig, type TopicConfigOverrides } from './topic-config.ts';
import { quoteTopicName, validateTopicName } from './topic-name.ts';

/** Kafka's num.partitions. */
export const defaultPartitionCount = 1;

/** A topic as the catalog stores it. */
export type Topic = {
  readonly topicId: string;
  readonly name: string;
  readonly partitionCount: number;
  readonly overrides: TopicConfigOverrides;
  /** Grows with every change of `overrides`. */
  readonly configVersion: number;
  readonly createdAtMs: number;
};

/** How many partitions the topics of a cluster have, and how many of everything there may be. */
export type PartitionsOfCluster = { readonly partitionCount: number; readonly caps: readonly Caps[] };

/** What the decision to create a topic depends on. */
export type CreateTopicContext = PartitionsOfCluster & {
  /** The name of the topic whose collision key is the same, if there is one. */
  readonly collidingName: string | null;
  readonly topicCount: number;
  readonly topicId: string;
  readonly nowMs: number;
};

/** The new topic, or why there is none. */
export function decideCreateTopic(request: CreateTopicRequest, context: CreateTopicContext): Result<Topic> {
  const name = validateTopicName(request.topic);
  if (!name.ok) return name;
  const partitionCount = request.partitionCount ?? defaultPartitionCount;
  const bounded = checkPartitionCount(partitionCount);
  if (!bounded.ok) return bounded;
  const overrides = changeTopicConfig({}, request.config ?? {});
  if (!overrides.ok) return overrides;
  const { collidingName, topicCount, topicId, nowMs } = context;
  if (collidingName === request.topic) {
    return failed('TOPIC_ALREADY_EXISTS', `Topic ${quoteTopicName(request.topic)} already exists.`);
  }
  if (collidingName !== null) {
    return failed(
      'INVALID_TOPIC_EXCEPTION',
      `Topic name ${quoteTopicName(request.topic)} collides with existing topic ${quoteTopicName(collidingName)}: names may not differ in "." and "_" only.`,
      { existing_topic: collidingName },
    );
  }
  const capped = checkCap('topics', topicCount + 1, ...context.caps);
  if (!capped.ok) return capped;
  const cappedPartitions = checkCap('partitions', context.partitionCount + partitionCount, ...context.caps);
  if (!cappedPartitions.ok) return cappedPartitions;
  return ok({
    topicId,
    name: name.value,
    partitionCount,
    overrides: overrides.value,
    configVersion: 1,
    createdAtMs: nowMs,
  });
}

/** The topic as it is after the change; its config version is higher exactly when its config is another one. */
export function decideAlterTopic(
  topic: Topic,
  request: AlterTopicRequest,
  cluster: PartitionsOfCluster,
): Result<Topic> {
  const partitionCount = request.partitionCount ?? topic.partitionCount;
  const bounded = checkPartitionCount(partitionCount);
  if (!bounded.ok) return bounded;
  if (partitionCount < topic.partitionCount) {
    return failed(
      'INVALID_PARTITIONS',
      `Topic ${quoteTopicName(topic.name)} has ${topic.partitionCount} partitions and cannot shrink to ${partitionCount}: partitions can only be added.`,
      { partitions: topic.partitionCount },
    );
  }
  const addedCount = partitionCount - topic.partitionCount;
  const capped =
    addedCount === 0 ? ok(null) : checkCap('partitions', cluster.partitionCount + addedCount, ...cluster.caps);
  if (!capped.ok) return capped;
  const overrides = changeTopicConfig(topic.overrides, request.config ?? {});
  if (!overrides.ok) return overrides;
  const isConfigChanged = JSON.stringify(overrides.value) !== JSON.stringify(topic.overrides);
  return ok({
    ...topic,
    partitionCount,
    overrides: overrides.value,
    configVersion: topic.configVersion + (isConfigChanged ? 1 : 0),
  });
}

/** Checks the bounds of a page of topics. */
export function checkListTopics(request: ListTopicsRequest): Result<null> {
  const { max } = limits.topicsPerPage;
  if (Number.isInteger(request.limit) && request.limit >= 1 && request.limit <= max) return ok(null);
  return failed('INVALID_REQUEST', `A page of topics holds from 1 to ${max} of them, not ${request.limit}.`, { max });
}

function checkPartitionCount(partitionCount: number): Result<null> {
  const max = limits.partitionsPerTopic.value;
  if (Number.isInteger(partitionCount) && partitionCount >= 1 && partitionCount <= max) return ok(null);
  return failed('INVALID_PARTITIONS', `A topic has from 1 to ${max} partitions, not ${partitionCount}.`, {
    min: 1,
    max,
  });
}

/** The wait after the first failed delivery. */
const firstRetryMs = 1_000;

/** The longest wait between deliveries: a partition that stays out of reach is tried once an hour. */
const maxRetryMs = 3_600_000;

/** How far the clocks of two objects may differ when one judges a grant by the other's time. */
export const clockMarginMs = 10_000;

/** A delivery of the outbox, as far as its outcome depends on it. */
export type DeliveryState = {
  readonly verb: 'configure' | 'close';
  readonly attempts: number;
  readonly grantExpiresAtMs: number;
};

/** How often a partition that was closed is asked whether it is purged: two minutes are what it takes at best. */
export const purgeCheckMs = 5 * 60_000;

/** What a delivery came to: a partition that is told of its end first frees what it has stored. */
export type DeliveryOutcome = 'failed' | 'under-way' | 'done';

/**
 * What becomes of a delivery that was tried: null when it is done, or when to try again. A close counts only once no
 * grant that was ever issued can bring the partition back, so an earlier one is repeated then; and until nothing is
 * left of the partition, since its own alarm may be lost.
 */
export function decideDeliveryOutcome(
  delivery: DeliveryState,
  outcome: DeliveryOutcome,
  nowMs: number,
): { readonly attempts: number; readonly dueAtMs: number } | null {
  if (outcome === 'failed') {
    const waitMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(delivery.attempts, 31));
    return { attempts: delivery.attempts + 1, dueAtMs: nowMs + waitMs };
  }
  const finalAtMs = delivery.grantExpiresAtMs + clockMarginMs;
  if (delivery.verb === 'configure') return null;
  if (nowMs < finalAtMs) return { attempts: 0, dueAtMs: finalAtMs };
  return outcome === 'under-way' ? { attempts: 0, dueAtMs: nowMs + purgeCheckMs } : null;
}

/** What a consumer group needs of it. */
export const summaryOf = ({ topic, topicId, partitionCount }: TopicDescription): TopicSummary => ({
  topic,
  topicId,
  partitionCount,
});

export const unknownTopicId = (topicId: string): Failed =>
  failed(
    'UNKNOWN_TOPIC_ID',
    `There is no topic with id ${JSON.stringify(topicId.slice(0, 64))}; it may have been deleted.`,
  );

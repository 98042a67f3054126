/**
 * A consumer instance of the REST Proxy's API v2: a consumer that lives in the platform and not in the client, which
 * calls it by its name. It lives in its group's object, so that any edge can serve any call. Decisions about one are
 * pure functions from an instance and a command to the next instance.
 */
import { failed, ok, type Result } from '../../errors/result.ts';
import { type PartitionKey, partitionKey } from '../assignors/assignor.ts';
import type { TopicPartition } from '../committed-offset.ts';
import { quoteName } from '../group-id.ts';
import type { GroupSubscription } from '../group-state.ts';

/** What a client asked for when it created the instance; the object keeps most of it without reading it. */
export type InstanceConfig = {
  /** Names the creation, so that a repeated one is not taken for a second instance of the same name. */
  readonly createdBy: string;
  /** The embedded format that records are read in. */
  readonly format: string;
  readonly isAutoCommit: boolean;
  /** Where a partition is begun that has no committed offset; `none` refuses to read it. */
  readonly offsetReset: 'earliest' | 'latest' | 'none';
  /** A read waits until there are so many bytes. */
  readonly fetchMinBytes: number;
  /** How long a read waits for records unless it says otherwise. */
  readonly requestTimeoutMs: number;
};

/** A partition assigned by hand, by the id its topic had then. */
export type NamedPartition = TopicPartition & { readonly topicId: string };

export type ConsumerInstance = {
  readonly name: string;
  readonly config: InstanceConfig;
  /** Null unless it subscribes, and so is a member of the group. */
  readonly subscription: GroupSubscription | null;
  /** Null unless partitions were assigned to it by hand. */
  readonly assignment: readonly NamedPartition[] | null;
  /** Where it reads on in the partitions it has; where it has none, at the committed offset. */
  readonly positions: ReadonlyMap<PartitionKey, number>;
  /** Changes with everything that makes a read under way one of yesterday's. */
  readonly version: number;
  /** When it was last used, as far as it was written down. */
  readonly lastUsedMs: number;
};

/** Replaces an earlier subscription of the same kind. ILLEGAL_STATE. */
export function subscribeInstance(
  instance: ConsumerInstance,
  subscription: GroupSubscription,
): Result<ConsumerInstance> {
  if (instance.assignment !== null) return exclusive(instance, 'partitions were assigned to it by hand');
  const before = instance.subscription;
  if (before !== null && (before.pattern === null) !== (subscription.pattern === null)) {
    return exclusive(instance, `it subscribes ${before.pattern === null ? 'by topic names' : 'by a pattern'}`);
  }
  return ok({ ...instance, subscription, version: instance.version + 1 });
}

/** Replaces an earlier assignment; positions in partitions that stay are kept. ILLEGAL_STATE. */
export function assignInstance(
  instance: ConsumerInstance,
  assignment: readonly NamedPartition[],
): Result<ConsumerInstance> {
  if (instance.subscription !== null) return exclusive(instance, 'it has a subscription');
  const assigned = { ...instance, assignment, version: instance.version + 1 };
  return ok(withPartitions(assigned, new Set(assignment.map(keyOf))));
}

/** Gives up subscription and assignment. */
export function unsubscribeInstance(instance: ConsumerInstance): ConsumerInstance {
  return { ...instance, subscription: null, assignment: null, positions: new Map(), version: instance.version + 1 };
}

/** Forgets positions in partitions it does not have any more; the same instance when it has them all. */
export function withPartitions(instance: ConsumerInstance, keys: ReadonlySet<PartitionKey>): ConsumerInstance {
  const kept = [...instance.positions].filter(([key]) => keys.has(key));
  return kept.length === instance.positions.size ? instance : { ...instance, positions: new Map(kept) };
}

/** A member that joined anew goes on from what was committed: others may have read its partitions meanwhile. */
export function rejoinedInstance(instance: ConsumerInstance): ConsumerInstance {
  return instance.positions.size === 0 ? instance : { ...instance, positions: new Map() };
}

/**
 * Takes over how far a read came, in the partitions the instance still has. A read that began before a seek, a new
 * subscription or another read's end has no say any more.
 */
export function advanceInstance(
  instance: ConsumerInstance,
  version: number,
  positions: readonly InstancePosition[],
  keys: ReadonlySet<PartitionKey>,
): ConsumerInstance {
  if (version !== instance.version) return instance;
  const moved = positions.filter(
    (position) => keys.has(keyOf(position)) && instance.positions.get(keyOf(position)) !== position.offset,
  );
  return moved.length === 0 ? instance : moveTo(instance, moved);
}

/** Makes the next read begin elsewhere. ILLEGAL_STATE for a partition the instance does not have. */
export function seekInstance(
  instance: ConsumerInstance,
  positions: readonly InstancePosition[],
  keys: ReadonlySet<PartitionKey>,
): Result<ConsumerInstance> {
  const astray = positions.find((position) => !keys.has(keyOf(position)));
  if (astray === undefined) return ok(moveTo(instance, positions));
  return failed(
    'ILLEGAL_STATE',
    `No current assignment for partition ${astray.partition} of topic ${quoteName(astray.topic)}: subscribe to it or assign it first.`,
    { partition: astray.partition },
  );
}

export type InstancePosition = NamedPartition & { readonly offset: number };

export const keyOf = ({ topicId, partition }: NamedPartition): PartitionKey => partitionKey(topicId, partition);

function moveTo(instance: ConsumerInstance, positions: readonly InstancePosition[]): ConsumerInstance {
  const moved = new Map(instance.positions);
  for (const position of positions) moved.set(keyOf(position), position.offset);
  return { ...instance, positions: moved, version: instance.version + 1 };
}

/** In the words of Kafka's consumer, which throws an IllegalStateException. */
const exclusive = ({ name }: ConsumerInstance, why: string) =>
  failed(
    'ILLEGAL_STATE',
    `Subscription to topics, partitions and pattern are mutually exclusive, and of consumer instance ${quoteName(name)} ${why}; unsubscribe first.`,
  );

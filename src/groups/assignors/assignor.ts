/** A partition by the id of its topic, as one text: `{topicId}/{partition}`. Topic ids are UUIDs and have no slash. */
export type PartitionKey = string;

export const partitionKey = (topicId: string, partition: number): PartitionKey => `${topicId}/${partition}`;

/** The parts of a {@link partitionKey}. */
export function splitPartitionKey(key: PartitionKey): { readonly topicId: string; readonly partition: number } {
  const slash = key.lastIndexOf('/');
  return { topicId: key.slice(0, slash), partition: Number(key.slice(slash + 1)) };
}

export type AssignableTopic = { readonly topicId: string; readonly topic: string; readonly partitionCount: number };

export type AssignableMember = {
  readonly memberId: string;
  /** What members are ordered by: the instance id of a static member, so that its restart changes nothing. */
  readonly sortKey: string;
  readonly topicIds: ReadonlySet<string>;
  /** What it was assigned before. */
  readonly previous: ReadonlySet<PartitionKey>;
};

/** Every member's partitions; members that get none are in it with an empty set. */
export type Assignment = ReadonlyMap<string, ReadonlySet<PartitionKey>>;

/**
 * Divides partitions among members. It is given topics in the order of their names and members in the order of their
 * keys, and its answer depends on nothing else. Every partition of a topic that someone subscribes to goes to exactly
 * one of its subscribers.
 */
export type Assignor = (members: readonly AssignableMember[], topics: readonly AssignableTopic[]) => Assignment;

/** Topics by name and members by key, which is what makes an assignment the same wherever it is computed. */
export function sortedMembers(members: Iterable<AssignableMember>): AssignableMember[] {
  return [...members].sort(
    (one, other) => compareText(one.sortKey, other.sortKey) || compareText(one.memberId, other.memberId),
  );
}

export function sortedTopics(topics: Iterable<AssignableTopic>): AssignableTopic[] {
  return [...topics].sort(
    (one, other) => compareText(one.topic, other.topic) || compareText(one.topicId, other.topicId),
  );
}

/** By UTF-16 units: the same order in every runtime, unlike that of a locale. */
export function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The members that subscribe to each topic, in order; topics without any are left out. */
export function subscribersByTopic(
  members: readonly AssignableMember[],
  topics: readonly AssignableTopic[],
): Map<AssignableTopic, AssignableMember[]> {
  const subscribers = new Map<AssignableTopic, AssignableMember[]>();
  for (const topic of topics) {
    const subscribed = members.filter(({ topicIds }) => topicIds.has(topic.topicId));
    if (subscribed.length > 0) subscribers.set(topic, subscribed);
  }
  return subscribers;
}

import { type Assignor, partitionKey, subscribersByTopic } from './assignor.ts';

/**
 * Kafka's RangeAssignor: topic by topic, each subscriber gets a run of consecutive partitions, the first ones one more
 * where it does not divide. Topics of equal size subscribed to alike are divided alike, so that partition n of each is
 * with the same member.
 */
export const assignRange: Assignor = (members, topics) => {
  const assignment = new Map(members.map(({ memberId }) => [memberId, new Set<string>()]));
  for (const [{ topicId, partitionCount }, subscribers] of subscribersByTopic(members, topics)) {
    const quota = Math.floor(partitionCount / subscribers.length);
    const remainder = partitionCount % subscribers.length;
    let partition = 0;
    subscribers.forEach(({ memberId }, index) => {
      const end = partition + quota + (index < remainder ? 1 : 0);
      for (; partition < end; partition++) assignment.get(memberId)!.add(partitionKey(topicId, partition));
    });
  }
  return assignment;
};

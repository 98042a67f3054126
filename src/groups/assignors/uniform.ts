import { type Assignor, partitionKey, subscribersByTopic } from './assignor.ts';

/**
 * Deals all partitions out one by one, each to the subscriber that has the fewest so far: as even as it gets over all
 * topics, and the same for the same members whatever came before.
 */
export const assignUniform: Assignor = (members, topics) => {
  const assignment = new Map(members.map(({ memberId }) => [memberId, new Set<string>()]));
  for (const [{ topicId, partitionCount }, subscribers] of subscribersByTopic(members, topics)) {
    for (let partition = 0; partition < partitionCount; partition++) {
      let fewest = assignment.get(subscribers[0]!.memberId)!;
      for (const { memberId } of subscribers) {
        const partitions = assignment.get(memberId)!;
        if (partitions.size < fewest.size) fewest = partitions;
      }
      fewest.add(partitionKey(topicId, partition));
    }
  }
  return assignment;
};

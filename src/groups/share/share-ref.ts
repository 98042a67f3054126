/** Which share group a call means. `groupId` is the user's; the others are server-issued. */
export type ShareGroupRef = {
  readonly orgId: string;
  readonly clusterId: string;
  readonly groupId: string;
};

/**
 * Which partition of which share group. `shareGroupId` is new each time a group of this name is founded, so that a
 * group that is deleted and founded again meets nothing of its former life.
 */
export type SharePartitionRef = ShareGroupRef & {
  readonly shareGroupId: string;
  readonly topicId: string;
  readonly partition: number;
};

/** The name of a share group's Durable Object; `idHash` is the SHA-256 of the group's id, hex. */
export function shareGroupObjectName(clusterId: string, idHash: string): string {
  return `v1H${joined([clusterId, idHash])}`;
}

/** The name of the Durable Object that shares one partition among the members of a group. */
export function sharePartitionObjectName(ref: SharePartitionRef): string {
  return `v1S${joined([ref.clusterId, ref.shareGroupId, ref.topicId, String(ref.partition)])}`;
}

/** Lengths make names injective: two different objects never meet. */
const joined = (parts: readonly string[]): string => parts.map((part) => `${part.length}:${part}`).join('');

export function isSameSharePartition(one: SharePartitionRef, other: SharePartitionRef): boolean {
  return (
    one.orgId === other.orgId &&
    one.clusterId === other.clusterId &&
    one.groupId === other.groupId &&
    one.shareGroupId === other.shareGroupId &&
    one.topicId === other.topicId &&
    one.partition === other.partition
  );
}

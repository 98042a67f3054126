/** Which partition a call means. Every id is server-issued; every verb compares all of them with the object's own. */
export type PartitionRef = {
  readonly orgId: string;
  readonly clusterId: string;
  readonly topicId: string;
  readonly partition: number;
};

/** The name of a partition's Durable Object: injective over its parts, since each is preceded by its length. */
export function partitionObjectName(ref: PartitionRef): string {
  const parts = [ref.clusterId, ref.topicId, String(ref.partition)];
  return `v1P${parts.map((part) => `${part.length}:${part}`).join('')}`;
}

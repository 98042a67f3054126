/** Which consumer group a call means. Org and cluster are server-issued; the group's id is the user's. */
export type GroupRef = {
  readonly orgId: string;
  readonly clusterId: string;
  readonly groupId: string;
};

/**
 * The name of a group's Durable Object. Group ids are any text, so the name carries the SHA-256 of the id (`idHash`,
 * hex); the object stores the id itself and compares it with every call.
 */
export function groupObjectName(clusterId: string, idHash: string): string {
  return `v1G${[clusterId, idHash].map((part) => `${part.length}:${part}`).join('')}`;
}

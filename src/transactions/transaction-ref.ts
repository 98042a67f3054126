/** Which transactional id a call means. Org and cluster are server-issued; the id is the user's. */
export type TransactionRef = {
  readonly orgId: string;
  readonly clusterId: string;
  readonly transactionalId: string;
};

/**
 * The name of a transaction coordinator's Durable Object. Transactional ids are any text, so the name carries the
 * SHA-256 of the id (`idHash`, hex); the object stores the id itself and compares it with every call.
 */
export function transactionObjectName(clusterId: string, idHash: string): string {
  return `v1X${[clusterId, idHash].map((part) => `${part.length}:${part}`).join('')}`;
}

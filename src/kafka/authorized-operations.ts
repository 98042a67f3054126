import { type Access, mayAccess } from '../authorization/authorize.ts';
import type { Principal } from '../authorization/principal.ts';
import { operationNumbers } from './acl-numbers.ts';

/** The operations that there are for each type of resource (AclEntry.supportedOperations). */
const operationsOf = {
  TOPIC: ['READ', 'WRITE', 'CREATE', 'DELETE', 'ALTER', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  GROUP: ['READ', 'DELETE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  CLUSTER: ['CREATE', 'ALTER', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS', 'IDEMPOTENT_WRITE'],
} as const satisfies Partial<Record<Access['resourceType'], readonly Access['operation'][]>>;

/** What an answer says that was not asked for the operations. */
export const notAsked = -2147483648;

/** What the principal may do with a resource, a bit an operation (KIP-430). */
export function authorizedOperations(
  principal: Principal,
  resourceType: keyof typeof operationsOf,
  resourceName: string,
): number {
  return operationsOf[resourceType]
    .filter((operation) => mayAccess(principal, { operation, resourceType, resourceName }))
    .reduce((bits, operation) => bits | (1 << operationNumbers[operation]), 0);
}

import {
  type AclBinding,
  type AclOperation,
  anyHost,
  anyResource,
  clusterResource,
  organizationResource,
  type ResourceType,
} from './acl-binding.ts';

/** What a member of an organization may be, the most powerful first. */
export const roles = ['owner', 'admin', 'developer', 'viewer'] as const;

export type Role = (typeof roles)[number];

type Grant = readonly [ResourceType, readonly AclOperation[]];

/**
 * What each role may do, in every cluster of its organization. An owner is a super principal instead: nothing in the
 * organization can be denied to its owners, and what only an owner may do (DELETE of the organization itself) is in no
 * list here. Members and keys are USER; clusters, quotas, budget, issuers, usage and audit are ORGANIZATION.
 */
const grantsOf: Readonly<Record<Exclude<Role, 'owner'>, readonly Grant[]>> = {
  admin: [
    ['TOPIC', ['ALL']],
    ['GROUP', ['ALL']],
    ['TRANSACTIONAL_ID', ['ALL']],
    ['CLUSTER', ['ALL']],
    ['USER', ['ALL']],
    ['ORGANIZATION', ['CREATE', 'DESCRIBE', 'ALTER']],
  ],
  developer: [
    ['TOPIC', ['ALL']],
    ['GROUP', ['ALL']],
    ['TRANSACTIONAL_ID', ['ALL']],
    ['CLUSTER', ['CREATE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'IDEMPOTENT_WRITE']],
    ['ORGANIZATION', ['DESCRIBE']],
  ],
  viewer: [
    ['TOPIC', ['READ', 'DESCRIBE', 'DESCRIBE_CONFIGS']],
    ['GROUP', ['DESCRIBE', 'DESCRIBE_CONFIGS']],
    ['TRANSACTIONAL_ID', ['DESCRIBE']],
    ['CLUSTER', ['DESCRIBE', 'DESCRIBE_CONFIGS']],
    ['ORGANIZATION', ['DESCRIBE']],
  ],
};

/** True for the role whose holders are super principals. */
export function isSuperRole(role: Role): boolean {
  return role === 'owner';
}

/** What a role means, as rules for the member who has it. `principalId` is `User:<member id>`. */
export function roleBindings(role: Role, principalId: string): AclBinding[] {
  if (role === 'owner') return [];
  return grantsOf[role].flatMap(([resourceType, operations]) =>
    operations.map((operation) => ({
      principal: principalId,
      host: anyHost,
      operation,
      permission: 'ALLOW' as const,
      resourceType,
      resourceName: nameOfAll(resourceType),
      patternType: 'LITERAL' as const,
    })),
  );
}

function nameOfAll(resourceType: ResourceType): string {
  if (resourceType === 'CLUSTER') return clusterResource;
  return resourceType === 'ORGANIZATION' ? organizationResource : anyResource;
}

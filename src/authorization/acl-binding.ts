import { failed, ok, type Result } from '../errors/result.ts';

/**
 * Kafka's resource types (USER being members and keys of the organization), and ORGANIZATION, which is ours: clusters,
 * quotas, budget, issuers, usage, audit.
 */
export const resourceTypes = ['TOPIC', 'GROUP', 'CLUSTER', 'TRANSACTIONAL_ID', 'USER', 'ORGANIZATION'] as const;

export type ResourceType = (typeof resourceTypes)[number];

/** Kafka's operations (org.apache.kafka.common.acl.AclOperation) as far as a rule may name them. */
export const aclOperations = [
  'ALL',
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
] as const;

export type AclOperation = (typeof aclOperations)[number];

/** What allowing one operation allows besides (Kafka's AuthorizerUtils and StandardAuthorizerData). */
const impliedBy: Readonly<Partial<Record<AclOperation, readonly AclOperation[]>>> = {
  DESCRIBE: ['READ', 'WRITE', 'DELETE', 'ALTER'],
  DESCRIBE_CONFIGS: ['ALTER_CONFIGS'],
};

/** True when a rule that allows the one operation allows the other. */
export function allowsOperation(granted: AclOperation, wanted: AclOperation): boolean {
  return granted === wanted || granted === 'ALL' || impliedBy[wanted]?.includes(granted) === true;
}

/** A rule. Whoever matches principal and host may, or may not, do the operation with what the pattern names. */
export type AclBinding = {
  /** `User:<id>`, or `User:*` for everyone. */
  readonly principal: string;
  /** `*`, or the one address it holds for. */
  readonly host: string;
  readonly operation: AclOperation;
  readonly permission: 'ALLOW' | 'DENY';
  readonly resourceType: ResourceType;
  /** `*` as LITERAL means any resource of the type; as PREFIXED it would be a name that begins with a star. */
  readonly resourceName: string;
  readonly patternType: 'LITERAL' | 'PREFIXED';
};

/** The name that, as a LITERAL, stands for every resource of a type. */
export const anyResource = '*';

/** The principal of rules that hold for everyone. */
export const anyPrincipal = 'User:*';

/** The host of rules that hold wherever a request comes from. */
export const anyHost = '*';

/** The one resource of the type CLUSTER, by Kafka's name for it. */
export const clusterResource = 'kafka-cluster';

/** The one resource of the type ORGANIZATION: a principal belongs to one, and sees no other. */
export const organizationResource = 'organization';

/** A group id is the longest name a rule may have to match. */
const maxResourceNameLength = 249;

/** Ids are issued by the platform and short; an issuer's subject has at most 255 characters (OpenID Connect Core 2). */
const maxPrincipalLength = 300;

/** The longest text of an IPv6 address, with the IPv4 part written in full. */
const maxHostLength = 45;

/** Kafka's operations by resource type (AclEntry.supportedOperations); ALL goes with each. */
const operationsOf: Readonly<Record<ResourceType, readonly AclOperation[]>> = {
  TOPIC: ['READ', 'WRITE', 'CREATE', 'DESCRIBE', 'DELETE', 'ALTER', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  GROUP: ['READ', 'DESCRIBE', 'DELETE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  CLUSTER: ['CREATE', 'CLUSTER_ACTION', 'DESCRIBE', 'ALTER', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS', 'IDEMPOTENT_WRITE'],
  TRANSACTIONAL_ID: ['DESCRIBE', 'WRITE'],
  USER: ['CREATE', 'DESCRIBE', 'ALTER', 'DELETE'],
  ORGANIZATION: ['CREATE', 'DESCRIBE', 'ALTER', 'DELETE'],
};

/** Checks what a caller sent as a rule; the field that is wrong is named. Types and enumerations are the contract's. */
export function checkAclBinding(binding: AclBinding): Result<AclBinding> {
  const { principal, host, operation, resourceType, resourceName, patternType } = binding;
  if (!principal.startsWith('User:') || principal.length === 'User:'.length || principal.length > maxPrincipalLength) {
    return refused('principal', `is "User:" and an id of at most ${maxPrincipalLength} characters in all`);
  }
  if (host.length === 0 || host.length > maxHostLength) return refused('host', 'is "*" or one address');
  if (operation !== 'ALL' && !operationsOf[resourceType].includes(operation)) {
    return refused('operation', `of a ${resourceType} is ALL, ${operationsOf[resourceType].join(', ')}`);
  }
  if (resourceName.length === 0 || resourceName.length > maxResourceNameLength) {
    return refused('resource_name', `has 1 to ${maxResourceNameLength} characters`);
  }
  const only = onlyResourceOf(resourceType);
  if (only !== null && (patternType !== 'LITERAL' || (resourceName !== only && resourceName !== anyResource))) {
    return refused('resource_name', `of a ${resourceType} is the literal "${only}"`);
  }
  return ok(binding);
}

/** The name of the one resource of a type that has only one, else null. */
export function onlyResourceOf(resourceType: ResourceType): string | null {
  if (resourceType === 'CLUSTER') return clusterResource;
  return resourceType === 'ORGANIZATION' ? organizationResource : null;
}

/** A rule as one line, for answers and logs: `ALLOW User:ann READ TOPIC orders-* (prefixed) from *`. */
export function describeAclBinding(binding: AclBinding): string {
  const { permission, principal, operation, resourceType, resourceName, patternType, host } = binding;
  const pattern = patternType === 'PREFIXED' ? `${resourceName}* (prefixed)` : resourceName;
  return `${permission} ${principal} ${operation} ${resourceType} ${pattern} from ${host}`;
}

function refused(field: string, rule: string): Result<AclBinding> {
  return failed('INVALID_REQUEST', `The ${field} of an ACL ${rule}.`, { field });
}

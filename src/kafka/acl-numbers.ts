import type { AclBinding, AclOperation, ResourceType } from '../authorization/acl-binding.ts';
import type { AclFilter } from '../authorization/acl-filter.ts';
import { failed, ok, type Result } from '../errors/result.ts';

/** Kafka's numbers of operations (org.apache.kafka.common.acl.AclOperation). */
export const operationNumbers: Readonly<Record<AclOperation, number>> = {
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
};

/** What of an organization Kafka has a number for (ResourceType); rules for the organization itself have none. */
export type KafkaResourceType = Exclude<ResourceType, 'ORGANIZATION'>;

const resourceTypeNumbers: Readonly<Record<KafkaResourceType, number>> = {
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  USER: 7,
};

/** PatternType. */
const patternTypeNumbers = { MATCH: 2, LITERAL: 3, PREFIXED: 4 } as const;

/** AclPermissionType. */
const permissionNumbers = { DENY: 2, ALLOW: 3 } as const;

/** Stands for any value in filters. */
const any = 1;

/** The highest numbers that Kafka has a meaning for, where we have none for all: what is there is no mistake. */
const lastResourceType = 7;
const lastOperation = 15;

/** A rule as answers carry it. */
export type WireAcl = {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
};

/** Null for a rule that Kafka has no words for. */
export function wireAclOf(binding: AclBinding): WireAcl | null {
  const { resourceType, resourceName, patternType, principal, host, operation, permission } = binding;
  if (resourceType === 'ORGANIZATION') return null;
  return {
    resourceType: resourceTypeNumbers[resourceType],
    resourceName,
    patternType: patternTypeNumbers[patternType],
    principal,
    host,
    operation: operationNumbers[operation],
    permissionType: permissionNumbers[permission],
  };
}

/** A rule as a request has it; INVALID_REQUEST when a number stands for nothing that a rule can have. */
export function bindingOfWire(wire: WireAcl): Result<AclBinding> {
  const { resourceName, principal, host } = wire;
  const resourceType = nameOf(resourceTypeNumbers, wire.resourceType);
  const patternType = nameOf(patternTypeNumbers, wire.patternType);
  const operation = nameOf(operationNumbers, wire.operation);
  const permission = nameOf(permissionNumbers, wire.permissionType);
  if (resourceType === null) return noSuch('resource type', wire.resourceType);
  if (patternType === null || patternType === 'MATCH') return noSuch('pattern type', wire.patternType);
  if (operation === null) return noSuch('operation', wire.operation);
  if (permission === null) return noSuch('permission', wire.permissionType);
  return ok({ principal, host, operation, permission, resourceType, resourceName, patternType });
}

/** A filter as requests have it. */
export type WireAclFilter = {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  readonly patternTypeFilter: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
};

/**
 * The filters that together mean what a request's means, one a resource type: what Kafka has no words for is left alone.
 * None for a type or operation that only Kafka has. INVALID_REQUEST for a number without a meaning.
 */
export function filtersOfWire(wire: WireAclFilter): Result<AclFilter[]> {
  const { resourceNameFilter: resourceName, principalFilter: principal, hostFilter: host } = wire;
  const { resourceTypeFilter, patternTypeFilter, operation: operationFilter, permissionType } = wire;
  const patternType = nameOf(patternTypeNumbers, patternTypeFilter);
  const operation = nameOf(operationNumbers, operationFilter);
  const permission = nameOf(permissionNumbers, permissionType);
  if (patternType === null && patternTypeFilter !== any) return noSuch('pattern type', patternTypeFilter);
  if (permission === null && permissionType !== any) return noSuch('permission', permissionType);
  if (operationFilter < any || operationFilter > lastOperation) return noSuch('operation', operationFilter);
  if (resourceTypeFilter < any || resourceTypeFilter > lastResourceType) {
    return noSuch('resource type', resourceTypeFilter);
  }
  if (operation === null && operationFilter !== any) return ok([]);
  const named = Object.entries(resourceTypeNumbers) as [KafkaResourceType, number][];
  const types = named.filter(([, number]) => resourceTypeFilter === any || number === resourceTypeFilter);
  const rest = { principal, host, operation, permission, resourceName, patternType };
  return ok(types.map(([resourceType]) => ({ ...rest, resourceType })));
}

function nameOf<Name extends string>(numbers: Readonly<Record<Name, number>>, number: number): Name | null {
  return (Object.keys(numbers) as Name[]).find((name) => numbers[name] === number) ?? null;
}

const noSuch = (noun: string, number: number): Result<never> =>
  failed('INVALID_REQUEST', `There is no ${noun} of an ACL with the number ${number}.`);

import { type AclBinding, anyResource } from './acl-binding.ts';

/** Which ACLs are meant: a field that is null means all; the others must be equal. */
export type AclFilter = {
  readonly [Field in Exclude<keyof AclBinding, 'patternType'>]: AclBinding[Field] | null;
} & {
  /** `MATCH` means every pattern that holds for a resource of the filter's name, instead of the pattern of that name. */
  readonly patternType: AclBinding['patternType'] | 'MATCH' | null;
};

/** True when the filter means the rule (Kafka: AclBindingFilter and ResourcePatternFilter, KIP-290). */
export function isMeant(binding: AclBinding, filter: AclFilter): boolean {
  const { principal, host, operation, permission, resourceType } = filter;
  return (
    isEqual(principal, binding.principal) &&
    isEqual(host, binding.host) &&
    isEqual(operation, binding.operation) &&
    isEqual(permission, binding.permission) &&
    isEqual(resourceType, binding.resourceType) &&
    isPatternMeant(binding, filter)
  );
}

function isPatternMeant(binding: AclBinding, { patternType, resourceName }: AclFilter): boolean {
  if (patternType !== 'MATCH') {
    return isEqual(patternType, binding.patternType) && isEqual(resourceName, binding.resourceName);
  }
  if (resourceName === null) return true;
  if (binding.patternType === 'PREFIXED') return resourceName.startsWith(binding.resourceName);
  return binding.resourceName === resourceName || binding.resourceName === anyResource;
}

function isEqual<T>(wanted: T | null, found: T): boolean {
  return wanted === null || wanted === found;
}

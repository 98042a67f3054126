import type { AclBinding } from '../authorization/acl-binding.ts';
import type { AclJson } from '../contracts/acls.ts';

/** An ACL as the doors write it. */
export function aclJson(binding: AclBinding): AclJson {
  const { principal, host, operation, permission, resourceType, resourceName, patternType } = binding;
  return {
    principal,
    host,
    operation,
    permission,
    resource_type: resourceType,
    resource_name: resourceName,
    pattern_type: patternType,
  };
}

/** An ACL as a request has it. */
export function bindingOf(acl: AclJson): AclBinding {
  const { principal, host, operation, permission, resource_type, resource_name, pattern_type } = acl;
  return {
    principal,
    host,
    operation,
    permission,
    resourceType: resource_type,
    resourceName: resource_name,
    patternType: pattern_type,
  };
}

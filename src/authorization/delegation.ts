import { type AclBinding, allowsOperation, anyHost, anyPrincipal, anyResource } from './acl-binding.ts';
import type { Principal } from './principal.ts';

/**
 * True when the principal may do everything that the rule, which allows, would allow somebody else: the whole pattern
 * is allowed to it by one of its own rules, and nothing in it is denied. A browser token hands nothing on.
 */
export function mayHandOn(principal: Principal, wanted: AclBinding): boolean {
  if (principal.narrowing !== null) return false;
  if (principal.isSuper) return true;
  const own = principal.grants.filter(({ principal: name }) => name === principal.id || name === anyPrincipal);
  const isDenied = own.some((rule) => rule.permission === 'DENY' && touches(rule, wanted));
  return !isDenied && own.some((rule) => rule.permission === 'ALLOW' && includes(rule, wanted));
}

function includes(rule: AclBinding, wanted: AclBinding): boolean {
  if (rule.resourceType !== wanted.resourceType || rule.host !== anyHost) return false;
  if (!allowsOperation(rule.operation, wanted.operation)) return false;
  if (isAny(rule)) return true;
  if (rule.patternType === 'PREFIXED') return !isAny(wanted) && wanted.resourceName.startsWith(rule.resourceName);
  return wanted.patternType === 'LITERAL' && wanted.resourceName === rule.resourceName;
}

function touches(rule: AclBinding, wanted: AclBinding): boolean {
  if (rule.resourceType !== wanted.resourceType) return false;
  if (rule.operation !== 'ALL' && !allowsOperation(wanted.operation, rule.operation)) return false;
  if (isAny(rule) || isAny(wanted)) return true;
  if (rule.patternType === 'PREFIXED' && wanted.resourceName.startsWith(rule.resourceName)) return true;
  if (wanted.patternType === 'PREFIXED') return rule.resourceName.startsWith(wanted.resourceName);
  return rule.patternType === 'LITERAL' && rule.resourceName === wanted.resourceName;
}

function isAny({ patternType, resourceName }: AclBinding): boolean {
  return patternType === 'LITERAL' && resourceName === anyResource;
}

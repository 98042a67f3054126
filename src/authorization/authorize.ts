import {
  type AclBinding,
  type AclOperation,
  allowsOperation,
  anyHost,
  anyPrincipal,
  anyResource,
  clusterResource,
  type ResourceType,
} from './acl-binding.ts';
import type { Principal } from './principal.ts';

/** One thing that somebody wants to do. */
export type Access = {
  readonly operation: Exclude<AclOperation, 'ALL'>;
  readonly resourceType: ResourceType;
  readonly resourceName: string;
  /** Where the request comes from, when the principal does not say it. */
  readonly host?: string | undefined;
};

export type Decision = {
  readonly allowed: boolean;
  /** The rule that decided, for `millrace acls explain`; null where none did. */
  readonly rule: AclBinding | null;
  /** `narrowed`: the key might, but its browser token was not made for it. */
  readonly reason: 'super' | 'allowed' | 'denied' | 'no_rule' | 'narrowed';
};

const superDecision: Decision = { allowed: true, rule: null, reason: 'super' };

/**
 * Decides one access, by Kafka's rules: a rule that denies wins over all that allow; what no rule allows is refused.
 * What allows CREATE on the cluster allows creating any topic, and whoever may write to any topic may have a producer
 * id (KIP-679). A browser token may do what its own capabilities and its key's rules allow. Of a caller whose host is not
 * known, no rule that allows a host applies, and every rule that denies one.
 */
export function authorize(principal: Principal, wanted: Access): Decision {
  const { narrowing } = principal;
  if (principal.isSuper && narrowing === null) return superDecision;
  const access = principal.host === undefined ? wanted : { ...wanted, host: principal.host };
  const granted = principal.isSuper ? superDecision : decide(principal.grants, principal.id, access);
  if (!granted.allowed || narrowing === null) return granted;
  const narrowed = decide(narrowing, principal.id, access);
  return narrowed.allowed ? granted : { allowed: false, rule: narrowed.rule, reason: 'narrowed' };
}

/** As {@link authorize}, for who needs no reason. */
export function mayAccess(principal: Principal, access: Access): boolean {
  return authorize(principal, access).allowed;
}

function decide(bindings: readonly AclBinding[], principalId: string, access: Access): Decision {
  const direct = decideDirectly(bindings, principalId, access);
  if (direct.reason !== 'no_rule') return direct;
  if (access.resourceType === 'TOPIC' && access.operation === 'CREATE') {
    const creatingAny = decideDirectly(bindings, principalId, creationInCluster(access));
    if (creatingAny.allowed) return creatingAny;
  }
  if (access.operation === 'IDEMPOTENT_WRITE') {
    const writing = bindings.find((binding) => isFor(binding, principalId) && allowsWritingSomewhere(binding, access));
    if (writing !== undefined) return { allowed: true, rule: writing, reason: 'allowed' };
  }
  return direct;
}

const creationInCluster = (access: Access): Access => ({
  ...access,
  resourceType: 'CLUSTER',
  resourceName: clusterResource,
});

function allowsWritingSomewhere(binding: AclBinding, access: Access): boolean {
  const { permission, resourceType, operation } = binding;
  if (permission !== 'ALLOW' || resourceType !== 'TOPIC' || !allowsHost(binding, access)) return false;
  return operation === 'WRITE' || operation === 'ALL';
}

function decideDirectly(bindings: readonly AclBinding[], principalId: string, access: Access): Decision {
  let allowing: AclBinding | null = null;
  for (const binding of bindings) {
    if (!isFor(binding, principalId)) continue;
    if (binding.permission === 'DENY') {
      if (denies(binding, access)) return { allowed: false, rule: binding, reason: 'denied' };
    } else if (allowing === null && allows(binding, access)) {
      allowing = binding;
    }
  }
  if (allowing === null) return { allowed: false, rule: null, reason: 'no_rule' };
  return { allowed: true, rule: allowing, reason: 'allowed' };
}

function isFor(binding: AclBinding, principalId: string): boolean {
  return binding.principal === principalId || binding.principal === anyPrincipal;
}

function denies(binding: AclBinding, access: Access): boolean {
  const { operation, host } = binding;
  if (operation !== access.operation && operation !== 'ALL') return false;
  // Who cannot be told from the denied host is taken for it.
  if (host !== anyHost && access.host !== undefined && host !== access.host) return false;
  return covers(binding, access);
}

function allows(binding: AclBinding, access: Access): boolean {
  return allowsHost(binding, access) && allowsOperation(binding.operation, access.operation) && covers(binding, access);
}

function allowsHost(binding: AclBinding, access: Access): boolean {
  return binding.host === anyHost || binding.host === access.host;
}

function covers(binding: AclBinding, access: Access): boolean {
  if (binding.resourceType !== access.resourceType) return false;
  if (binding.patternType === 'PREFIXED') return access.resourceName.startsWith(binding.resourceName);
  return binding.resourceName === access.resourceName || binding.resourceName === anyResource;
}

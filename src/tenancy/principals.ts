import { type AclBinding, anyPrincipal } from '../authorization/acl-binding.ts';
import { keyScopeBindings } from '../authorization/key-scopes.ts';
import type { Principal } from '../authorization/principal.ts';
import { isSuperRole, type Role, roleBindings } from '../authorization/roles.ts';
import type { AclStore } from './acl-store.ts';
import type { ApiKey } from './api-key.ts';
import { type QuotaSettings, quotasOfKey } from './quota-settings.ts';

/** The name under which a key stands in ACLs. */
export function principalIdOf(id: string): string {
  return `User:${id}`;
}

/** What is put together into a principal. */
type Standing = {
  readonly orgId: string;
  readonly epoch: number;
  readonly origins: readonly string[];
  readonly quotas: QuotaSettings;
  readonly acls: AclStore;
};

/** The principal that a key stands for; `expiresAtMs` is when what was presented of it ends. */
export function keyPrincipal(key: ApiKey, expiresAtMs: number | null, standing: Standing): Principal {
  const id = principalIdOf(key.keyId);
  const quotas = quotasOfKey(standing.quotas, key.keyId, key.clusterId);
  return {
    orgId: standing.orgId,
    clusterId: key.clusterId,
    id,
    kind: 'key',
    keyId: key.keyId,
    grants: [...rightsOf(key.role, key, id), ...standing.acls.ofPrincipals(key.clusterId, id, anyPrincipal)],
    narrowing: null,
    recordKeyRules: null,
    origins: standing.origins,
    isSuper: key.role !== null && isSuperRole(key.role),
    expiresAtMs,
    epoch: standing.epoch,
    ...(quotas === undefined ? {} : { quotas }),
  };
}

/** What a new key would be allowed by itself, besides any ACLs. */
export function rightsOf(role: Role | null, { scopes }: Pick<ApiKey, 'scopes'>, principalId: string): AclBinding[] {
  return role === null ? keyScopeBindings(scopes, principalId) : roleBindings(role, principalId);
}

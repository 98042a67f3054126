import { type AclBinding, anyPrincipal } from '../authorization/acl-binding.ts';
import type { BudgetStanding } from '../authorization/budget-standing.ts';
import { mayHandOn } from '../authorization/delegation.ts';
import { keyScopeBindings } from '../authorization/key-scopes.ts';
import type { Principal } from '../authorization/principal.ts';
import { isSuperRole, type Role, roleBindings } from '../authorization/roles.ts';
import type { StorageStanding } from '../authorization/storage-standing.ts';
import type { AclStore } from './acl-store.ts';
import type { ApiKey } from './api-key.ts';
import type { Member } from './member.ts';
import { type QuotaSettings, quotasOfKey } from './quota-settings.ts';

/** The name under which a key stands in ACLs. */
export function principalIdOf(id: string): string {
  return `User:${id}`;
}

/** What goes with every principal of an organization, when there is anything to say. */
export type UseStanding = {
  readonly budget?: BudgetStanding | undefined;
  readonly storage?: StorageStanding | undefined;
};

/** What is put together into a principal. */
type Standing = UseStanding & {
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
    ...useStanding(standing),
  };
}

/** The principal that a member is in a cluster; how long the sign-in is good is the edge's to add. */
export function memberPrincipal({ memberId, role }: Member, clusterId: string, standing: Standing): Principal {
  const id = principalIdOf(memberId);
  const quotas = quotasOfKey(standing.quotas, memberId, clusterId);
  return {
    orgId: standing.orgId,
    clusterId,
    id,
    kind: 'member',
    keyId: null,
    grants: [...roleBindings(role, id), ...standing.acls.ofPrincipals(clusterId, id, anyPrincipal)],
    narrowing: null,
    recordKeyRules: null,
    origins: standing.origins,
    isSuper: isSuperRole(role),
    expiresAtMs: null,
    epoch: standing.epoch,
    ...(quotas === undefined ? {} : { quotas }),
    ...useStanding(standing),
  };
}

/** What is not there does not travel. */
function useStanding({ budget, storage }: UseStanding): UseStanding {
  return { ...(budget === undefined ? {} : { budget }), ...(storage === undefined ? {} : { storage }) };
}

/** Nobody gives rights, with a key or a role, that they do not have themselves. */
export function mayGive(principal: Principal, rights: Pick<ApiKey, 'role' | 'scopes'>): boolean {
  if (rights.role !== null && isSuperRole(rights.role)) return principal.isSuper && principal.narrowing === null;
  return rightsOf(rights.role, rights, principal.id).every((right) => mayHandOn(principal, right));
}

/** What a new key would be allowed by itself, besides any ACLs. */
function rightsOf(role: Role | null, { scopes }: Pick<ApiKey, 'scopes'>, principalId: string): AclBinding[] {
  return role === null ? keyScopeBindings(scopes, principalId) : roleBindings(role, principalId);
}

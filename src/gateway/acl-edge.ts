import type { AclBinding } from '../authorization/acl-binding.ts';
import type { AclFilter } from '../authorization/acl-filter.ts';
import type { Principal } from '../authorization/principal.ts';
import type { Result } from '../errors/result.ts';
import type { OrganizationRpc } from '../tenancy/organization-rpc.ts';

/** The ACLs of a principal's cluster, on its behalf. */
export type AclEdge = {
  create(bindings: readonly AclBinding[]): Promise<Result<null>>;
  list(filter: AclFilter): Promise<Result<AclBinding[]>>;
  /** Deletes all that the filter means, and answers them. */
  delete(filter: AclFilter): Promise<Result<AclBinding[]>>;
};

/** Null on an open platform, which has none. */
export function createAclEdge(principal: Principal, organization: (orgId: string) => OrganizationRpc): AclEdge | null {
  const { kind, orgId, clusterId, host = null } = principal;
  if (kind === 'anonymous') return null;
  const actor = { principal, host };
  return {
    create: (bindings) => organization(orgId).createAcls(orgId, actor, bindings),
    list: (filter) => organization(orgId).listAcls(orgId, clusterId, filter),
    delete: (filter) => organization(orgId).deleteAcls(orgId, actor, filter),
  };
}

import type { DirectoryRpc } from '../tenancy/directory-rpc.ts';
import type { OrganizationRpc } from '../tenancy/organization-rpc.ts';
import { OrganizationCaller } from './organization-caller.ts';

/** The organizations of a deployment as an edge reaches them. */
export type TenancyEdge = {
  organization(orgId: string): OrganizationRpc;
  readonly directory: DirectoryRpc;
  /** An id that nothing has. */
  newId(): string;
};

export type TenancyPorts = {
  /** Makes a new stub for each try: one that broke stays broken. */
  readonly connect: (orgId: string) => OrganizationRpc;
  readonly directory: DirectoryRpc;
  readonly newId: () => string;
  readonly random: () => number;
  readonly pause: (ms: number) => Promise<void>;
};

export function createTenancyEdge({ connect, directory, newId, random, pause }: TenancyPorts): TenancyEdge {
  return {
    organization: (orgId) => new OrganizationCaller({ connect: () => connect(orgId), random, pause }),
    directory,
    newId,
  };
}

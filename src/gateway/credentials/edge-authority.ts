import type { PrincipalAuthority } from '../../authorization/principal-authority.ts';
import { ok, type Result } from '../../errors/result.ts';
import type { Clock } from '../../platform/clock.ts';
import type { OrganizationRpc } from '../../tenancy/organization-rpc.ts';
import { failureOf } from '../broken-call.ts';
import type { PrincipalMemory } from './principal-memory.ts';

/** Connections of an organization in one isolate ask for its epoch together: what was said so lately is not asked again. */
const sharedMs = 1_000;

export type EdgeAuthorityPorts = {
  readonly memory: PrincipalMemory;
  readonly clock: Clock;
  readonly organization: (orgId: string) => OrganizationRpc;
  /** The connection that asks, by a name that no other has. */
  readonly holder: string;
};

/** {@link PrincipalAuthority} for connections that end at the edge: they share what the isolate remembers. */
export function edgeAuthority({ memory, clock, organization, holder }: EdgeAuthorityPorts): PrincipalAuthority {
  return {
    async epoch(orgId) {
      const nowMs = clock.nowMs();
      const standing = memory.standing(orgId);
      if (standing !== null && nowMs - standing.checkedAtMs < sharedMs) return ok(standing.epoch);
      const epoch = await called(() => organization(orgId).authorizationEpoch(orgId, []));
      if (epoch.ok) memory.confirm(orgId, epoch.value, nowMs);
      return epoch;
    },
    connections: (orgId, held) => called(() => organization(orgId).holdConnections(orgId, holder, held)),
    find: (orgId, asked) => called(() => organization(orgId).principalsOf(orgId, asked)),
  };
}

async function called<T>(attempt: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await attempt();
  } catch (thrown) {
    return failureOf(thrown, 'organization', 'Ask again.');
  }
}

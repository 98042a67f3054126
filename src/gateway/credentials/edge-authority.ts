import type { ConnectionAuthority } from '../../authorization/principal-authority.ts';
import { ok, type Result } from '../../errors/result.ts';
import type { Clock } from '../../platform/clock.ts';
import type { OrganizationRpc } from '../../tenancy/organization-rpc.ts';
import type { SocketHolder } from '../../tenancy/socket-holders.ts';
import { failureOf } from '../broken-call.ts';
import type { PrincipalMemory } from './principal-memory.ts';

/**
 * Connections of an organization in one isolate ask for its epoch together: what was said so lately is not asked again. It
 * adds to the time until one whose rights were taken is cut off, and nobody tells an isolate of that.
 */
const sharedMs = 250;

export type EdgeAuthorityPorts = {
  readonly memory: PrincipalMemory;
  readonly clock: Clock;
  readonly organization: (orgId: string) => OrganizationRpc;
  /** The connection that asks, by a name that no other has. */
  readonly connection: string;
  /** The object that holds nothing but this connection, to be told when rights are taken; null where there is none. */
  readonly holder: SocketHolder | null;
};

/** {@link ConnectionAuthority} for a connection: those of an isolate share what it remembers. */
export function edgeAuthority(ports: EdgeAuthorityPorts): ConnectionAuthority {
  const { memory, clock, organization, connection, holder } = ports;
  return {
    async epoch(orgId) {
      const nowMs = clock.nowMs();
      const standing = memory.standing(orgId);
      const isShared = holder === null && standing !== null && nowMs - standing.checkedAtMs < sharedMs;
      if (isShared) return ok(standing.epoch);
      // Whoever is told has to be known, and comes because of what others do not know yet.
      const epoch = await called(() =>
        holder === null
          ? organization(orgId).authorizationEpoch(orgId, [])
          : organization(orgId).heldEpoch(orgId, holder),
      );
      if (epoch.ok) memory.confirm(orgId, epoch.value, nowMs);
      return epoch;
    },
    connections: (orgId, held) => called(() => organization(orgId).holdConnections(orgId, connection, held)),
    leave: async (orgId) => (holder === null ? ok(null) : called(() => organization(orgId).leaveHolder(orgId, holder))),
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

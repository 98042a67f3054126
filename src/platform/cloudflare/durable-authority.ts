import type { PrincipalAuthority } from '../../authorization/principal-authority.ts';
import { failed, type Result } from '../../errors/result.ts';
import type { SocketHolder } from '../../tenancy/socket-holders.ts';
import type { Env } from './env.ts';
import { organizationStub } from './object-directory.ts';

/** {@link PrincipalAuthority} over the organizations' objects, for the object that holds the sockets. */
export function durableAuthority(env: Env, holder: SocketHolder): PrincipalAuthority {
  return {
    epoch: (orgId) => attempt(() => organizationStub(env, orgId).heldEpoch(orgId, holder)),
    connections: (orgId, held) =>
      attempt(() => organizationStub(env, orgId).holdConnections(orgId, `${holder.kind} ${holder.name}`, held)),
    find: (orgId, asked) => attempt(() => organizationStub(env, orgId).principalsOf(orgId, asked)),
  };
}

/** A call that breaks says nothing about anybody: it is made again. */
async function attempt<T>(call: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await call();
  } catch (thrown) {
    return failed('UNKNOWN_OUTCOME', `The organization could not be asked: ${String(thrown)}`);
  }
}

import type { PrincipalAuthority } from '../../authorization/principal-authority.ts';
import { failed, type Result } from '../../errors/result.ts';
import type { Env } from './env.ts';
import { organizationStub } from './object-directory.ts';

/** {@link PrincipalAuthority} over the organizations' objects. */
export function durableAuthority(env: Env): PrincipalAuthority {
  return {
    epoch: (orgId) => attempt(() => organizationStub(env, orgId).authorizationEpoch(orgId, [])),
    find: (orgId, clusterId, id) => attempt(() => organizationStub(env, orgId).principalOf(orgId, clusterId, id)),
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

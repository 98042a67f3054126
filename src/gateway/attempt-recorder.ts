import type { Principal } from '../authorization/principal.ts';
import { ok, type Result } from '../errors/result.ts';
import type { OrganizationRpc } from '../tenancy/organization-rpc.ts';

/**
 * Writes an act of the control plane into the organization's audit log, before the object that does it is asked. What
 * cannot be written down is not done.
 */
export type RecordAttempt = (action: string, resource: string) => Promise<Result<null>>;

/** Who asks is nobody's: there is no log. */
export const recordsNothing: RecordAttempt = async () => ok(null);

/** Records on behalf of a principal with a credential; the platform itself and open mode have no log. */
export function attemptRecorder(principal: Principal, organization: (orgId: string) => OrganizationRpc): RecordAttempt {
  const { kind, orgId, host = null } = principal;
  if (kind === 'anonymous' || kind === 'operator') return recordsNothing;
  return (action, resource) => organization(orgId).recordAttempt(orgId, { principal, host }, action, resource);
}

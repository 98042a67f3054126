import type { Principal } from '../authorization/principal.ts';
import type { Role } from '../authorization/roles.ts';
import type { Result } from '../errors/result.ts';
import type { Issuer } from './issuer.ts';
import type { Member, VerifiedIdentity } from './member.ts';
import type { Actor } from './organization-rpc.ts';

/** The verbs of an organization's object about its people, and about who vouches for them. */
export interface PeopleRpc {
  /** Invites who has the address; nobody is written to. RESOURCE_ALREADY_EXISTS when it is a member's. */
  inviteMember(
    orgId: string,
    actor: Actor,
    request: { readonly email: string; readonly role: Role },
  ): Promise<Result<Member>>;
  alterMember(orgId: string, actor: Actor, memberId: string, role: Role): Promise<Result<Member>>;
  /** Ends everything the member may do. API keys that they made stay. */
  removeMember(orgId: string, actor: Actor, memberId: string): Promise<Result<null>>;
  /** All, in the order of their ids. */
  listMembers(orgId: string): Promise<Result<Member[]>>;

  /** Lets an issuer vouch for members, or changes how. RESOURCE_ALREADY_EXISTS when its audience is another's. */
  putIssuer(orgId: string, actor: Actor, issuer: Issuer): Promise<Result<null>>;
  removeIssuer(orgId: string, actor: Actor, issuer: string, audience: string): Promise<Result<null>>;
  listIssuers(orgId: string): Promise<Result<Issuer[]>>;

  /**
   * Who signs in, in the cluster that is named, or in the organization's first. SASL_AUTHENTICATION_FAILED when it is
   * nobody; UNKNOWN_RESOURCE when there is no such cluster.
   */
  resolveMember(orgId: string, identity: VerifiedIdentity, clusterId: string | null): Promise<Result<Principal>>;
}

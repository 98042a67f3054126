import { DurableObject } from 'cloudflare:workers';
import type { Role } from '../src/authorization/roles.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import type { Issuer } from '../src/tenancy/issuer.ts';
import type { VerifiedIdentity } from '../src/tenancy/member.ts';
import type { Actor } from '../src/tenancy/organization-rpc.ts';
import type { PeopleRpc } from '../src/tenancy/people-rpc.ts';

/** The verbs of an organization's object about its people; a part of it, and nothing but wiring. */
export abstract class OrganizationPeople extends DurableObject<Env> implements PeopleRpc {
  protected abstract readonly people: PeopleRpc;

  inviteMember(orgId: string, actor: Actor, request: { readonly email: string; readonly role: Role }) {
    return this.people.inviteMember(orgId, actor, request);
  }

  alterMember(orgId: string, actor: Actor, memberId: string, role: Role) {
    return this.people.alterMember(orgId, actor, memberId, role);
  }

  removeMember(orgId: string, actor: Actor, memberId: string) {
    return this.people.removeMember(orgId, actor, memberId);
  }

  listMembers(orgId: string) {
    return this.people.listMembers(orgId);
  }

  putIssuer(orgId: string, actor: Actor, issuer: Issuer) {
    return this.people.putIssuer(orgId, actor, issuer);
  }

  removeIssuer(orgId: string, actor: Actor, issuer: string, audience: string) {
    return this.people.removeIssuer(orgId, actor, issuer, audience);
  }

  listIssuers(orgId: string) {
    return this.people.listIssuers(orgId);
  }

  resolveMember(orgId: string, identity: VerifiedIdentity, clusterId: string | null) {
    return this.people.resolveMember(orgId, identity, clusterId);
  }
}

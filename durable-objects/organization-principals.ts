import type { HeldConnections } from '../src/authorization/connection-cap.ts';
import type { PrincipalQuestion } from '../src/authorization/principal-authority.ts';
import type { ScramCredentials } from '../src/tenancy/api-key.ts';
import type { PresentedKey } from '../src/tenancy/organization-rpc.ts';
import type { PeopleRpc } from '../src/tenancy/people-rpc.ts';
import type { PrincipalRpc } from '../src/tenancy/principal-rpc.ts';
import type { SocketHolder } from '../src/tenancy/socket-holders.ts';
import { OrganizationPeople } from './organization-people.ts';

/** The verbs of an organization's object about on whose behalf somebody asks; a part of it, and nothing but wiring. */
export abstract class OrganizationPrincipals extends OrganizationPeople implements PrincipalRpc {
  protected abstract override readonly people: PeopleRpc & PrincipalRpc;

  resolveKey(orgId: string, presented: PresentedKey) {
    return this.people.resolveKey(orgId, presented);
  }

  resolveScram(orgId: string, keyId: string, mechanism: keyof ScramCredentials) {
    return this.people.resolveScram(orgId, keyId, mechanism);
  }

  resolveTokenSigner(orgId: string, kid: string) {
    return this.people.resolveTokenSigner(orgId, kid);
  }

  principalOf(orgId: string, clusterId: string, principalId: string) {
    return this.people.principalOf(orgId, clusterId, principalId);
  }

  principalsOf(orgId: string, asked: readonly PrincipalQuestion[]) {
    return this.people.principalsOf(orgId, asked);
  }

  authorizationEpoch(orgId: string, usedKeyIds: readonly string[]) {
    return this.people.authorizationEpoch(orgId, usedKeyIds);
  }

  holdConnections(orgId: string, holder: string, held: readonly HeldConnections[]) {
    return this.people.holdConnections(orgId, holder, held);
  }

  leaveHolder(orgId: string, holder: SocketHolder) {
    return this.people.leaveHolder(orgId, holder);
  }

  heldEpoch(orgId: string, holder: SocketHolder) {
    return this.people.heldEpoch(orgId, holder);
  }
}

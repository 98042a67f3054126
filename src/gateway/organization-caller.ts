import type { AclBinding } from '../authorization/acl-binding.ts';
import type { AclFilter } from '../authorization/acl-filter.ts';
import type { HeldConnections } from '../authorization/connection-cap.ts';
import type { PrincipalQuestion } from '../authorization/principal-authority.ts';
import type { Role } from '../authorization/roles.ts';
import type { Result } from '../errors/result.ts';
import type { QuotaOverrides } from '../limits/operator-rates.ts';
import type { PartitionUsageReport } from '../log/usage/usage-report.ts';
import type { ScramCredentials } from '../tenancy/api-key.ts';
import type { ListAuditRequest } from '../tenancy/audit-log.ts';
import type { Issuer } from '../tenancy/issuer.ts';
import type { VerifiedIdentity } from '../tenancy/member.ts';
import type {
  Actor,
  AlterOrganizationRequest,
  CreateApiKeyRequest,
  FoundRequest,
  OrganizationRpc,
  PresentedKey,
} from '../tenancy/organization-rpc.ts';
import type { LeaseWanted } from '../tenancy/quota-leases.ts';
import type { QuotaSettings } from '../tenancy/quota-settings.ts';
import type { SocketHolder } from '../tenancy/socket-holders.ts';
import type { SummedAct } from '../tenancy/summed-acts.ts';
import type { BudgetChange, EdgeUsageReport, ReadUsageRequest } from '../tenancy/usage-rpc.ts';
import { attemptsMax, failureOf, pauseBeforeRetryMs } from './broken-call.ts';

/**
 * An organization's object as an edge calls it: what may be repeated is, when the object was moved or reset under the
 * call, and what may not (whatever issues a secret) then answers UNKNOWN_OUTCOME.
 */
export class OrganizationCaller implements OrganizationRpc {
  readonly #connect: () => OrganizationRpc;
  readonly #random: () => number;
  readonly #pause: (ms: number) => Promise<void>;

  /** `connect` makes a new stub for each try: one that broke stays broken. */
  constructor(ports: {
    readonly connect: () => OrganizationRpc;
    readonly random: () => number;
    readonly pause: (ms: number) => Promise<void>;
  }) {
    this.#connect = ports.connect;
    this.#random = ports.random;
    this.#pause = ports.pause;
  }

  found(actor: Actor, request: FoundRequest) {
    return this.#once((organization) => organization.found(actor, request));
  }

  describe(orgId: string) {
    return this.#repeat((organization) => organization.describe(orgId));
  }

  alter(orgId: string, actor: Actor, request: AlterOrganizationRequest) {
    return this.#repeat((organization) => organization.alter(orgId, actor, request));
  }

  createCluster(orgId: string, actor: Actor, name: string) {
    return this.#once((organization) => organization.createCluster(orgId, actor, name));
  }

  deleteCluster(orgId: string, actor: Actor, clusterId: string) {
    return this.#repeat((organization) => organization.deleteCluster(orgId, actor, clusterId));
  }

  deleteOrganization(orgId: string, actor: Actor) {
    return this.#repeat((organization) => organization.deleteOrganization(orgId, actor));
  }

  createKey(orgId: string, actor: Actor, request: CreateApiKeyRequest) {
    return this.#once((organization) => organization.createKey(orgId, actor, request));
  }

  describeKey(orgId: string, keyId: string) {
    return this.#repeat((organization) => organization.describeKey(orgId, keyId));
  }

  listKeys(orgId: string, request: { readonly after: string | null; readonly limit: number }) {
    return this.#repeat((organization) => organization.listKeys(orgId, request));
  }

  rotateKey(orgId: string, actor: Actor, keyId: string, overlapMs: number) {
    return this.#once((organization) => organization.rotateKey(orgId, actor, keyId, overlapMs));
  }

  revokeKey(orgId: string, actor: Actor, keyId: string) {
    return this.#repeat((organization) => organization.revokeKey(orgId, actor, keyId));
  }

  createAcls(orgId: string, actor: Actor, bindings: readonly AclBinding[]) {
    return this.#repeat((organization) => organization.createAcls(orgId, actor, bindings));
  }

  listAcls(orgId: string, clusterId: string, filter: AclFilter) {
    return this.#repeat((organization) => organization.listAcls(orgId, clusterId, filter));
  }

  deleteAcls(orgId: string, actor: Actor, filter: AclFilter) {
    return this.#once((organization) => organization.deleteAcls(orgId, actor, filter));
  }

  inviteMember(orgId: string, actor: Actor, request: { readonly email: string; readonly role: Role }) {
    return this.#once((organization) => organization.inviteMember(orgId, actor, request));
  }

  alterMember(orgId: string, actor: Actor, memberId: string, role: Role) {
    return this.#repeat((organization) => organization.alterMember(orgId, actor, memberId, role));
  }

  removeMember(orgId: string, actor: Actor, memberId: string) {
    return this.#once((organization) => organization.removeMember(orgId, actor, memberId));
  }

  listMembers(orgId: string) {
    return this.#repeat((organization) => organization.listMembers(orgId));
  }

  putIssuer(orgId: string, actor: Actor, issuer: Issuer) {
    return this.#repeat((organization) => organization.putIssuer(orgId, actor, issuer));
  }

  removeIssuer(orgId: string, actor: Actor, issuer: string, audience: string) {
    return this.#once((organization) => organization.removeIssuer(orgId, actor, issuer, audience));
  }

  listIssuers(orgId: string) {
    return this.#repeat((organization) => organization.listIssuers(orgId));
  }

  resolveMember(orgId: string, identity: VerifiedIdentity, clusterId: string | null) {
    return this.#repeat((organization) => organization.resolveMember(orgId, identity, clusterId));
  }

  resolveKey(orgId: string, presented: PresentedKey) {
    return this.#repeat((organization) => organization.resolveKey(orgId, presented));
  }

  resolveScram(orgId: string, keyId: string, mechanism: keyof ScramCredentials) {
    return this.#repeat((organization) => organization.resolveScram(orgId, keyId, mechanism));
  }

  createSigningSecret(orgId: string, actor: Actor, request: { readonly name: string; readonly keyId: string }) {
    return this.#once((organization) => organization.createSigningSecret(orgId, actor, request));
  }

  listSigningSecrets(orgId: string) {
    return this.#repeat((organization) => organization.listSigningSecrets(orgId));
  }

  revokeSigningSecret(orgId: string, actor: Actor, signingSecretId: string) {
    return this.#repeat((organization) => organization.revokeSigningSecret(orgId, actor, signingSecretId));
  }

  resolveTokenSigner(orgId: string, kid: string) {
    return this.#repeat((organization) => organization.resolveTokenSigner(orgId, kid));
  }

  principalOf(orgId: string, clusterId: string, principalId: string) {
    return this.#repeat((organization) => organization.principalOf(orgId, clusterId, principalId));
  }

  authorizationEpoch(orgId: string, usedKeyIds: readonly string[]) {
    return this.#repeat((organization) => organization.authorizationEpoch(orgId, usedKeyIds));
  }

  heldEpoch(orgId: string, holder: SocketHolder) {
    return this.#repeat((organization) => organization.heldEpoch(orgId, holder));
  }

  leaveHolder(orgId: string, holder: SocketHolder) {
    return this.#repeat((organization) => organization.leaveHolder(orgId, holder));
  }

  holdConnections(orgId: string, holder: string, held: readonly HeldConnections[]) {
    return this.#repeat((organization) => organization.holdConnections(orgId, holder, held));
  }

  principalsOf(orgId: string, asked: readonly PrincipalQuestion[]) {
    return this.#repeat((organization) => organization.principalsOf(orgId, asked));
  }

  describeQuotas(orgId: string) {
    return this.#repeat((organization) => organization.describeQuotas(orgId));
  }

  alterQuotas(orgId: string, actor: Actor, changes: QuotaSettings) {
    return this.#repeat((organization) => organization.alterQuotas(orgId, actor, changes));
  }

  overrideQuotas(orgId: string, actor: Actor, overrides: QuotaOverrides) {
    return this.#repeat((organization) => organization.overrideQuotas(orgId, actor, overrides));
  }

  leaseQuotas(orgId: string, wanted: readonly LeaseWanted[]) {
    return this.#once((organization) => organization.leaseQuotas(orgId, wanted));
  }

  reportUsage(orgId: string, report: PartitionUsageReport) {
    return this.#repeat((organization) => organization.reportUsage(orgId, report));
  }

  reportEdgeUsage(orgId: string, report: EdgeUsageReport) {
    return this.#repeat((organization) => organization.reportEdgeUsage(orgId, report));
  }

  readUsage(orgId: string, request: ReadUsageRequest) {
    return this.#repeat((organization) => organization.readUsage(orgId, request));
  }

  describeBudget(orgId: string) {
    return this.#repeat((organization) => organization.describeBudget(orgId));
  }

  alterBudget(orgId: string, actor: Actor, change: BudgetChange) {
    return this.#repeat((organization) => organization.alterBudget(orgId, actor, change));
  }

  recordAttempt(orgId: string, actor: Actor, action: string, resource: string) {
    return this.#repeat((organization) => organization.recordAttempt(orgId, actor, action, resource));
  }

  recordSums(orgId: string, acts: readonly SummedAct[]) {
    return this.#once((organization) => organization.recordSums(orgId, acts));
  }

  listAudit(orgId: string, request: ListAuditRequest) {
    return this.#repeat((organization) => organization.listAudit(orgId, request));
  }

  async #once<T>(attempt: (organization: OrganizationRpc) => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await attempt(this.#connect());
    } catch (thrown) {
      return failureOf(thrown, 'organization', 'List what there is before you retry.');
    }
  }

  async #repeat<T>(attempt: (organization: OrganizationRpc) => Promise<Result<T>>): Promise<Result<T>> {
    let result = await this.#once(attempt);
    for (let tries = 1; tries < attemptsMax && !result.ok && result.error.code === 'UNKNOWN_OUTCOME'; tries += 1) {
      await this.#pause(pauseBeforeRetryMs(tries, this.#random));
      result = await this.#once(attempt);
    }
    return result;
  }
}
